"""How a volume is opened, in the words of the block storage API."""

import unittest

from cumulo.api.volume.volume_actions.connections import described

ROW, KEPT = {"id": "v"}, {"mode": "rw"}
COMMON = {"volume_id": "v", "access_mode": "rw", "encrypted": False, "qos_specs": None}


class ConnectionsTest(unittest.TestCase):
    """Each kind of export."""

    def test_iscsi_with_its_password(self) -> None:
        opened = {"kind": "iscsi", "address": "10.0.0.5", "port": 3260, "target": "iqn.2024-01.org.cumulo:volume-v", "unit": 1,
                  "auth": True, "format": "raw"}
        self.assertEqual({"driver_volume_type": "iscsi", "data": COMMON | {
            "target_discovered": False, "target_portal": "10.0.0.5:3260", "target_iqn": "iqn.2024-01.org.cumulo:volume-v",
            "target_lun": 1, "discard": True, "auth_method": "CHAP", "auth_username": "v", "auth_password": "secret"}},
            described(ROW, KEPT, {"connection": opened, "secret": {"user": "v", "password": "secret"}}))

    def test_nbd_and_files(self) -> None:
        nbd = {"kind": "nbd", "address": "10.0.0.5", "port": 10809, "export": "v", "tls": True, "format": "raw"}
        self.assertEqual({"driver_volume_type": "nbd", "data": COMMON | {
            "address": "10.0.0.5", "port": 10809, "export": "v", "tls": True}}, described(ROW, KEPT, {"connection": nbd, "secret": {}}))
        file = {"kind": "file", "path": "/volumes/volume-v", "format": "raw"}
        self.assertEqual({"driver_volume_type": "local", "data": COMMON | {"device_path": "/volumes/volume-v", "format": "raw"}},
                         described(ROW, KEPT, {"connection": file, "secret": {}}))


if __name__ == "__main__":
    unittest.main()
