"""The sample of the configuration is the one that the options generate."""

import pathlib
import unittest

from cumulo.cloud import options_all, sample

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "etc" / "cumulo.conf.sample"


class ConfigSampleTest(unittest.TestCase):
    """etc/cumulo.conf.sample and what it is made from."""

    def test_the_sample_is_current(self) -> None:
        """A changed option changes the sample in the same commit."""
        self.assertEqual(sample.render(), SAMPLE.read_text(encoding="utf-8"),
                         "Write it again: python -m cumulo.cloud.sample > etc/cumulo.conf.sample")

    def test_every_option_explains_itself(self) -> None:
        """An option without a help text helps nobody."""
        silent = [f"{group}.{option.name}" for group, options in options_all.groups()
                  for option in options if not option.help]
        self.assertEqual([], silent, "Give each a help text with its unit and the reason for its default.")
