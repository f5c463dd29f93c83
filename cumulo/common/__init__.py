"""What every service shares; imports nothing of the services themselves."""

import warnings

# Eventlet's notice that it is in maintenance is for this project's developers, not for its operators.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated", category=Warning)
