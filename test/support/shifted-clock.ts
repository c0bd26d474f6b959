/**
 * Loaded before a program (`node --import`): its wall clock is as many milliseconds off as SHIFTED_CLOCK_MS says. Timers
 * and the monotonic clock stay as they are, as on a host whose clock was set wrongly.
 */
const shiftMs = Number(process.env['SHIFTED_CLOCK_MS'] ?? 0);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (real, args: unknown[], target) =>
    Reflect.construct(real, args.length === 0 ? [real.now() + shiftMs] : args, target) as Date,
  get: (real, name) => (name === 'now' ? () => real.now() + shiftMs : (Reflect.get(real, name) as unknown)),
});
