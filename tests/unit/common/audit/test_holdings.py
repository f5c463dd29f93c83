"""Holdings over the bus: what is sent is what arrives, and nonsense is refused."""

import unittest

from cumulo.common.audit.holdings import ComputeHoldings, NetworkHoldings, StoreHoldings
from cumulo.common.rpc import envelope
from tests.fixtures import audit as cloud


class HoldingsTest(unittest.TestCase):
    """to_dict and from_dict."""

    def test_there_and_back_over_the_wire(self) -> None:
        for held in (cloud.COMPUTE, cloud.NETWORKS, cloud.STORE, ComputeHoldings(), NetworkHoldings(), StoreHoldings()):
            with self.subTest(kind=type(held).__name__):
                message = envelope.decode(envelope.answer(1, held.to_dict()))
                self.assertEqual(held, type(held).from_dict(message["result"]))

    def test_what_is_no_listing_is_refused(self) -> None:
        for kind in (ComputeHoldings, NetworkHoldings, StoreHoldings):
            for said in ({}, {"servers": 1}, {"whole": None, "partial": []}):
                with self.assertRaises((KeyError, TypeError, ValueError)):
                    kind.from_dict(said)


if __name__ == "__main__":
    unittest.main()
