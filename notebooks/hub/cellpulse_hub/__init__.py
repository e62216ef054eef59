"""Connects a JupyterHub to Cellpulse: in `jupyterhub_config.py` call `install`."""

from cellpulse_hub.install import install

__all__ = ["install"]
__version__ = "0.1.0"
