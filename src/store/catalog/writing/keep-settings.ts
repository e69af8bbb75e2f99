import type { CatalogWriter } from '../catalog.ts';
import type { KeptSettingsTable } from '../tables.ts';
import { addAuditEntry } from './add-audit-entry.ts';
import type { WriteContext } from './write-context.ts';

/** Keeps the settings, and tells which differ. One that was not kept before (a newer program has it) is kept silently. */
export const keepSettings = (
  context: WriteContext,
  { settings, atMs, actor }: Parameters<CatalogWriter['keepSettings']>[0],
): void => {
  const rows = context.all<KeptSettingsTable>('SELECT name, value FROM kept_settings');
  const kept = new Map(rows.map(({ name, value }) => [name, value]));
  for (const [name, after] of Object.entries(settings)) {
    const before = kept.get(name);
    if (before === after) continue;
    context.run(
      'INSERT INTO kept_settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      after,
    );
    if (before === undefined) continue;
    const details = { name, before, after };
    addAuditEntry(context, { atMs, actor, action: 'setting.changed', target: `setting ${name}`, details });
  }
};
