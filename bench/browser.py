"""A real browser, and when a text came into its page."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from bench.compare import BadMeasurementError
from flows.embedded.part import find_program

#: What draws the window around a page, which nobody sees here: to keep Chromium's two suggestion
#: lists ready costs twice what most pages cost. And what Playwright turns off, for the last
#: `--disable-features` is the one that counts.
FEATURES_OFF: Final = (
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
#: Debian's Chromium that has no window: the same pages, with less around them.
CHROMIUM: Final = "chromium-headless-shell"
#: Without a sandbox, as root needs it, and without what asks other hosts.
CHROMIUM_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    f"--disable-features={','.join(FEATURES_OFF)}",
)


@contextmanager
def browser(*more_flags: str) -> Iterator[Browser]:
    """Run Chromium without a window.

    Raises:
        BadMeasurementError: There is none on the PATH.
    """
    chromium = find_program(CHROMIUM)
    if chromium is None:
        raise BadMeasurementError(f"there is no {CHROMIUM} on the PATH; install it (Debian has it)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=(*CHROMIUM_FLAGS, *more_flags)
        )
        try:
            yield started
        finally:
            started.close()
