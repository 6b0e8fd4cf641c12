import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { client } from "@/api/client";

/** One call to a model, which ends unheard when it is cancelled or its component goes. */
export function useModelTest(name: string) {
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const { reset, ...test } = useMutation({
    mutationFn: async (prompt: string) => {
      const { signal } = (controller.current = new AbortController());
      const { data } = await client.POST("/api/config/models/{name}/test", {
        params: { path: { name } },
        body: { prompt },
        signal,
      });
      return data;
    },
  });
  const cancel = useCallback(() => {
    reset(); // first: nobody is to hear that it was aborted
    controller.current?.abort();
  }, [reset]);
  return { ...test, cancel };
}
