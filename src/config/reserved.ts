/** Settings that have a name and a form, and that nothing uses: never passed over in silence. */
import { TidemarkError } from '../core/errors.ts';
import { OPTION_LIST, type Settings } from './options.ts';

/** A sentence for each one that is set and does nothing. Throws INVALID_SETTING when one was to keep somebody out. */
export function checkReserved(settings: Partial<Settings>): readonly string[] {
  const given = OPTION_LIST.filter(([name, { reserved }]) => reserved !== undefined && settings[name] !== undefined);
  const refused = given.filter(([, { reserved }]) => reserved === 'refused').map(([, { variable }]) => variable);
  if (refused.length > 0) {
    throw new TidemarkError(
      'INVALID_SETTING',
      `This version cannot do what ${refused.join(' and ')} ${refused.length === 1 ? 'asks' : 'ask'} for: it would let ` +
        'everybody in who reaches it. Take it away, and keep the server on this computer or behind a proxy that asks ' +
        'who calls.',
    );
  }
  return given.map(([, { variable }]) => `${variable} has no effect in this version.`);
}
