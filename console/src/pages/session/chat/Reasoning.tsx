import { Collapse, UnstyledButton } from "@mantine/core";
import { IconBrain, IconChevronRight } from "@tabler/icons-react";
import { memo, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./chat.module.css";

interface ReasoningProps {
  text: string;
  /** The model still thinks. */
  busy?: boolean;
}

/** What a model thought before it replied, folded. */
export const Reasoning = memo(function Reasoning({ text, busy = false }: ReasoningProps) {
  const { t } = useTranslation("session");
  const [opened, setOpened] = useState(false);
  const id = useId();
  return (
    <div className={classes.tool} data-reasoning>
      <UnstyledButton
        className={classes.toolHead}
        onClick={() => setOpened(!opened)}
        aria-expanded={opened}
        aria-controls={id}
      >
        <IconChevronRight size={14} aria-hidden className={classes.chevron} data-opened={opened || undefined} />
        <IconBrain size={14} aria-hidden />
        <span className={classes.toolName}>{t(busy ? "message.thinking" : "message.reasoning")}</span>
      </UnstyledButton>
      <Collapse expanded={opened} id={id}>
        <div className={classes.reasoning}>{text}</div>
      </Collapse>
    </div>
  );
});
