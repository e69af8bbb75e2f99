/** The least power of two that is no smaller; 0 for 0. */
export const paddedLength = (length: number): number => (length < 2 ? length : 2 ** Math.ceil(Math.log2(length)));

/**
 * Values in as many places as the next power of two: of a statement that names each of up to a hundred, eight texts are
 * prepared and kept instead of a hundred.
 * @param nothing what matches nothing, such as NULL, which equals no value
 */
export const padded = <Value, Nothing>(values: readonly Value[], nothing: Nothing): readonly (Value | Nothing)[] => {
  const places: (Value | Nothing)[] = [...values];
  for (let length = paddedLength(values.length); places.length < length;) places.push(nothing);
  return places;
};
