# ruff: noqa: INP001 - a configuration file that IPython executes, not a module
"""Installed as etc/ipython/ipython_config.py: loads the hook in every kernel of the environment."""

c = get_config()  # noqa: F821 - IPython provides it
# In both lists, because each can be replaced as a whole: `extensions` by a student's own
# configuration, `extra_extensions` by a kernel's `--ext`. Loading twice is loading once.
c.InteractiveShellApp.extra_extensions.append("cellpulse_hook")
c.InteractiveShellApp.extensions.append("cellpulse_hook")
