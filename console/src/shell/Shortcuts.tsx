import { Modal, Table } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { Keys } from "./Keys";
import { focusSearch } from "./search";

const LISTED = [
  ["palette", ["mod", "K"]],
  ["search", ["/"]],
  ["help", ["?"]],
  ["close", ["Esc"]],
] as const;

interface ShortcutsProps {
  opened: boolean;
  onOpen: () => void;
  onClose: () => void;
}

/** `/` goes to the page's search, `?` lists the keys. Neither acts while somebody types into a field. */
export function Shortcuts({ opened, onOpen, onClose }: ShortcutsProps) {
  const { t } = useTranslation();
  useHotkeys([
    ["/", focusSearch],
    ["shift+?", onOpen],
    ["?", onOpen],
  ]);
  return (
    <Modal opened={opened} onClose={onClose} title={t("shortcuts.title")}>
      <Table withRowBorders={false}>
        <Table.Tbody>
          {LISTED.map(([action, keys]) => (
            <Table.Tr key={action}>
              <Table.Td>{t(`shortcuts.${action}`)}</Table.Td>
              <Table.Td ta="right">
                <Keys keys={[...keys]} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
