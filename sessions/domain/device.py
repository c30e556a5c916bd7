"""How a login shows itself in the account's list of devices."""

from __future__ import annotations

from project.telegram.values import DeviceProfile

# Honest, never an official app's, and stored with the session: a profile that changes looks like a stolen key.
CURRENT = DeviceProfile(device_model="Relay server", system_version="Linux", app_version="1.0")
