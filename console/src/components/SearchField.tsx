import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

const PAUSE_MS = 250;

interface SearchFieldProps {
  value: string;
  label: string;
  onSearch: (value: string) => void;
  maxLength?: number;
  /** As wide as its place allows, where the search is what the page is for. */
  wide?: boolean;
}

/** A page's search: `/` goes to it. What is typed is searched for after a short pause, or at once with Enter. */
export function SearchField({ value, label, onSearch, maxLength, wide = false }: SearchFieldProps) {
  const { t } = useTranslation("components");
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  const search = useDebouncedCallback(onSearch, PAUSE_MS);
  if (told !== value) {
    // The address has changed by itself: somebody went back, or cleared the filters.
    setTold(value);
    setTyped(value);
  }
  return (
    <TextInput
      data-search
      type="search"
      value={typed}
      aria-label={label}
      placeholder={label}
      maxLength={maxLength}
      size={wide ? "sm" : "xs"}
      w={{ base: "100%", sm: wide ? undefined : 280 }}
      flex={wide ? { base: "1 0 100%", sm: "1 1 20rem" } : undefined}
      leftSection={<IconSearch size={14} aria-hidden />}
      rightSection={
        typed !== "" && (
          <CloseButton
            size="xs"
            aria-label={t("search.clear")}
            onClick={() => {
              search.cancel();
              setTyped("");
              onSearch("");
            }}
          />
        )
      }
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        search(currentTarget.value.trim());
      }}
      // Before what is clicked leads elsewhere: a search that came later would lead back.
      onBlur={() => {
        if (search.isPending()) {
          search.flush();
        }
      }}
      onKeyDown={({ key }) => {
        if (key === "Enter") {
          search.cancel();
          onSearch(typed.trim());
        }
      }}
    />
  );
}
