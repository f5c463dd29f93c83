"""Rules of the house: the layout and the imports every part keeps to."""
