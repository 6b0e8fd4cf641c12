/** Names, in the page's language, of the buttons that Mantine draws itself and leaves without one. */
import { createTheme, Drawer, type MantineThemeOverride, Modal, Notification } from "@mantine/core";

export function labelled(close: string): MantineThemeOverride {
  const defaultProps = { closeButtonProps: { "aria-label": close } };
  return createTheme({
    components: {
      Drawer: Drawer.extend({ defaultProps }),
      Modal: Modal.extend({ defaultProps }),
      Notification: Notification.extend({ defaultProps }),
    },
  });
}
