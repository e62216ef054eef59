# ruff: noqa: INP001 - a configuration file that IPython executes, not a module
"""Installed in etc/ipython: loads the hook in every kernel of the environment.

Kernels read it beside ipython_config.py, which is a site's own.
"""

c = get_config()  # noqa: F821 - IPython provides it
# In both lists, because each can be replaced as a whole: `extensions` by a student's own
# configuration, `extra_extensions` by a kernel's `--ext`. Loading twice is loading once.
c.InteractiveShellApp.extra_extensions.append("cellpulse_hook")
c.InteractiveShellApp.extensions.append("cellpulse_hook")
