import { Anchor, Group } from "@mantine/core";
import { IconFile, IconMusic, IconPhoto, IconVideo } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/hooks/useFormat";

import classes from "./chat.module.css";

interface MediaBlock {
  type: "image" | "file" | "audio" | "video";
  media?: string;
  url?: string;
  mime_type?: string;
  bytes?: number;
  filename?: string;
}

const ICONS = { image: IconPhoto, file: IconFile, audio: IconMusic, video: IconVideo };
const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** The images and files of a message. Only what the server stores is shown; an address elsewhere is a link. */
export function MediaBlocks({ blocks }: { blocks: readonly unknown[] }) {
  const media = blocks.filter(isMedia);
  if (media.length === 0) {
    return null;
  }
  return (
    <Group gap="xs" my={4}>
      {media.map((block, index) => (
        <MediaItem key={index} block={block} />
      ))}
    </Group>
  );
}

function MediaItem({ block }: { block: MediaBlock }) {
  const { t } = useTranslation("session");
  const formats = useFormat();
  const kind = t(`media.${block.type}`);
  const IconOf = ICONS[block.type];
  if (block.media === undefined) {
    const name = block.filename ?? block.url ?? block.mime_type ?? "";
    return (
      <span className={classes.media}>
        <IconOf size={14} aria-hidden />
        {block.url === undefined ? (
          `${kind} ${name}`
        ) : (
          <Anchor href={block.url} target="_blank" rel="noopener noreferrer nofollow" size="sm">
            {name}
          </Anchor>
        )}
      </span>
    );
  }
  const address = `/api/media/${block.media}`;
  if (block.type === "image" && SHOWN.has(block.mime_type ?? "")) {
    return (
      <a href={address} target="_blank" rel="noopener">
        <img className={classes.image} src={address} alt={block.filename ?? kind} loading="lazy" />
      </a>
    );
  }
  if (block.type === "audio") {
    // eslint-disable-next-line jsx-a11y/media-has-caption -- nobody has captions for what a person or a model recorded
    return <audio controls src={address} aria-label={block.filename ?? kind} preload="none" />;
  }
  const size = block.bytes === undefined ? "" : ` (${formats.bytes(block.bytes)})`;
  return (
    <span className={classes.media}>
      <IconOf size={14} aria-hidden />
      <Anchor href={address} download={block.filename ?? true} size="sm">
        {`${block.filename ?? block.mime_type ?? kind}${size}`}
      </Anchor>
    </span>
  );
}

function isMedia(block: unknown): block is MediaBlock {
  return typeof block === "object" && block !== null && "type" in block && String(block.type) in ICONS;
}
