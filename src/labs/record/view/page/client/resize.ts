import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Measures an element now, and whenever its size changes. */
export function useSize<T extends HTMLElement>(
  of: RefObject<T | null>,
  measure: (element: T) => void,
): void {
  useLayoutEffect(() => {
    const { current } = of;
    if (current === null) return;
    measure(current);
    const observer = new ResizeObserver(() => measure(current));
    observer.observe(current);
    return () => observer.disconnect();
  }, [of]);
}
