/** Settings that have a name and a form, and that nothing uses yet: never passed over in silence. */
import { TidemarkError } from '../core/errors.ts';
import { OPTION_LIST, type Settings } from './options.ts';

/** Throws INVALID_SETTING when one is set that was to keep somebody out. */
export function refuseReserved(settings: Partial<Settings>): void {
  const given = OPTION_LIST.filter(([name, { reserved }]) => reserved === true && settings[name] !== undefined);
  if (given.length === 0) return;
  const names = given.map(([, { variable }]) => variable);
  throw new TidemarkError(
    'INVALID_SETTING',
    `This version cannot do what ${names.join(' and ')} ${names.length === 1 ? 'asks' : 'ask'} for: it would let ` +
      'everybody in who reaches it. Take it away, and keep the server on this computer or behind a proxy that asks ' +
      'who calls.',
  );
}
