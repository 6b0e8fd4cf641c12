/** The look: one calm accent, quiet surfaces, a dense scale. Colours meet AA on their surface in both schemes. */
import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  createTheme,
  type CSSVariablesResolver,
  Menu,
  type MantineColorsTuple,
  Modal,
  Paper,
  Select,
  Table,
  TextInput,
  Tooltip,
} from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#e8f5f5",
  "#d3eaea",
  "#a5d5d6",
  "#74bfc1",
  "#4dacaf",
  "#2f9a9e",
  "#1a888d",
  "#0d7479",
  "#085f64",
  "#034b4f",
];
const slate: MantineColorsTuple = [
  "#f7f8f9",
  "#eff1f3",
  "#e3e6ea",
  "#d0d5db",
  "#b3bac4",
  "#8b95a2",
  "#677282",
  "#4e5866",
  "#363e49",
  "#20262e",
];
const night: MantineColorsTuple = [
  "#d5d9df",
  "#b6bdc7",
  "#98a1ae",
  "#77818f",
  "#4a5360",
  "#353d49",
  "#272e38",
  "#1d232b",
  "#161b22",
  "#0f1319",
];

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 7 },
  colors: { petrol, gray: slate, dark: night },
  autoContrast: true,
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  // The system's own fonts: nothing is fetched, and Chinese looks as it does elsewhere on the machine.
  fontFamily:
    'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "Noto Sans Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  lineHeights: { xs: "1.35", sm: "1.45", md: "1.5", lg: "1.5", xl: "1.35" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.25rem", xl: "2rem" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.25rem", lineHeight: "1.3" },
      h2: { fontSize: "1rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    Anchor: Anchor.extend({ defaultProps: { size: "sm" } }),
    Badge: Badge.extend({ defaultProps: { radius: "sm", tt: "none", fw: 500 } }),
    Button: Button.extend({ defaultProps: { size: "xs" } }),
    Menu: Menu.extend({ defaultProps: { shadow: "md", position: "bottom-end" } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, transitionProps: { duration: 120 } },
      styles: { title: { fontWeight: 600, fontSize: "var(--mantine-font-size-md)" } },
    }),
    Paper: Paper.extend({ defaultProps: { withBorder: true } }),
    Select: Select.extend({ defaultProps: { size: "xs", comboboxProps: { shadow: "md" } } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 7, horizontalSpacing: "sm", fz: "sm" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "xs" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 350, withArrow: true, fz: "xs" } }),
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#ffffff",
    "--mantine-color-text": "#20262e",
    "--mantine-color-dimmed": "#5a6573",
    "--mantine-color-default-border": "#dfe3e8",
    "--mantine-color-anchor": "#0d7479",
    "--flowdeck-sidebar": "#f7f8f9",
    "--flowdeck-hover": "#f3f5f7",
  },
  dark: {
    "--mantine-color-body": "#12161c",
    "--mantine-color-text": "#d5d9df",
    "--mantine-color-dimmed": "#98a1ae",
    "--mantine-color-default-border": "#2a313b",
    "--mantine-color-anchor": "#74bfc1",
    "--flowdeck-sidebar": "#0f1319",
    "--flowdeck-hover": "#1a2028",
  },
});
