/** What `npm start` runs: the server when there are settings for one, the demo, which needs none, when there are not. */

/**
 * @param {NodeJS.Dict<string>} settings names and values; an empty value counts as not set
 * @returns {'serve' | 'demo'}
 */
export function demoOrServe(settings) {
  const isConfigured = Object.entries(settings).some(
    ([name, value]) => (name === 'DATABASE_URL' || name.startsWith('META_')) && value !== undefined && value !== '',
  );
  return isConfigured ? 'serve' : 'demo';
}
