/** How identities and emails are compared: without regard to case. */
export const foldCase = (text: string): string => text.toLowerCase();
