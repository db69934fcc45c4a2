// Amounts as people type them, and in the minor units that the server counts in.

export function digitsOf(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

export function minor(text: string, currency: string): number {
  return Math.round(Number(text.replace(",", ".")) * 10 ** digitsOf(currency));
}

export function major(amount: number, currency: string): string {
  const digits = digitsOf(currency);
  return (amount / 10 ** digits).toFixed(digits);
}

export const AMOUNT = "[0-9]+([.,][0-9]+)?";
