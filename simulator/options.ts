/**
 * What a simulator can be told, and what it does when told nothing. The one place where profiles and defaults are
 * decided; nobody else may have a default of their own.
 */
export type Profile = 'seed' | 'fast' | 'hostile';

export type SinceRule = 'ignored' | 'honoured' | 'lossy';

/** What nobody knows for sure of Instagram, so that both can be tried. */
export interface InstagramRules {
  /** Fields of a conversation that have data: those that the reference page names, or all that Messenger has. */
  fields: 'documented' | 'all';
  /** How lists show messages past the readable ones: with id and time, or not at all. */
  olderMessages: 'bare' | 'hidden';
  /** What a Page without a linked account answers for `platform=instagram`: an error, or an empty list. */
  unlinked: 'refused' | 'empty';
}

export interface Latency {
  /** Before anything else. */
  readonly baseMs: number;
  /** For each conversation answered with its messages. */
  readonly perFullConversationMs: number;
  /** For each conversation answered without messages. */
  readonly perLightConversationMs: number;
}

export interface MessagesPerConversation {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** How this Facebook answers. Tests may change any of it while the simulator runs. */
export interface Rules {
  /** What becomes of `since` on lists of conversations. `lossy` honours it and hides one in five of the rest. */
  since: SinceRule;
  /** The most items of one list page; a greater `limit` is silently served with this many. */
  listCap: number;
  /** The same for messages. */
  messagesCap: number;
  /** List length when the request names no `limit`. */
  pageSize: number;
  /** `limit` × nested messages above this is answered "Please reduce the amount of data". Infinity: never. */
  tooMuchData: number;
  /** Show `next` on the last page too. */
  phantomNext: boolean;
  /** After a thread jumped to the top: go on where it stood (`place`), or behind where it stands now (`item`). */
  cursorFollows: 'place' | 'item';
  /** Error code for a cursor whose item is gone. */
  deadCursorCode: 100 | 2642;
  /** How many of a conversation's newest messages have readable details. */
  readableMessages: { messenger: number; instagram: number };
  instagram: InstagramRules;
  /** Whether the API shows texts as they were edited, or as they were written. Nobody knows. */
  edits: 'shown' | 'hidden';
  /** Whether it shows reactions. */
  reactions: 'shown' | 'hidden';
  latency: Latency;
  /** Share of calls that meet a random fault. */
  faultShare: number;
  /** Refuse calls without `appsecret_proof`. */
  requireProof: boolean;
}

export interface SimulatorOptions {
  /** 0 (default) takes a free one. */
  readonly port?: number;
  /** `fast` (default): at once and without faults. `seed`: measured answer times. `hostile`: seeded faults and odd data. */
  readonly profile?: Profile;
  /** Default 5. */
  readonly pages?: number;
  /** Messenger conversations per Page; default 1,000. */
  readonly conversations?: number;
  /** How many of the first Pages have an Instagram account; default 0, or all when Instagram conversations are asked for. */
  readonly instagramPages?: number;
  /** Instagram conversations of each Page with an account; default as many as on Messenger. */
  readonly instagramConversations?: number;
  /** Default 1 to 25, 8 on average. */
  readonly messagesPerConversation?: MessagesPerConversation;
  /** Default 1. The same seed makes the same world, with times relative to its start. */
  readonly seed?: number;
  /** The world's clock in milliseconds; default Date.now. The call meter never uses it. */
  readonly now?: () => number;
  /** Share of conversations and of messages with odd data; default 0, hostile 0.03. */
  readonly oddShare?: number;
  /** Conversations API calls per second, Page and platform; default 2, 0 switches the meter off. */
  readonly callsPerSecond?: number;
  /** How many of the last Pages lack the MESSAGING task; default 0. */
  readonly pagesWithoutMessaging?: number;
  /** People a Page can message, for its daily quota of 200 calls each; default: its conversations. */
  readonly engagedPeople?: number;
  readonly appId?: string;
  readonly appSecret?: string;

  readonly since?: SinceRule;
  /** Default 100. */
  readonly listCap?: number;
  /** Default 100. */
  readonly messagesCap?: number;
  /** Default 25. */
  readonly pageSize?: number;
  /** Default Infinity, hostile 1,000. */
  readonly tooMuchData?: number;
  readonly phantomNext?: boolean;
  readonly cursorFollows?: 'place' | 'item';
  readonly deadCursorCode?: 100 | 2642;
  /** Default: all on Messenger, 20 on Instagram. */
  readonly readableMessages?: { readonly messenger?: number; readonly instagram?: number };
  /** Default: `documented`, `bare` and `refused`. */
  readonly instagram?: Partial<InstagramRules>;
  /** Default: `shown`, both. */
  readonly edits?: 'shown' | 'hidden';
  readonly reactions?: 'shown' | 'hidden';
  /** Overrides parts of the profile's answer times. */
  readonly latency?: Partial<Latency>;
  /** Default 0, hostile 0.06. */
  readonly faultShare?: number;
  readonly requireProof?: boolean;
}

export interface WorldSettings {
  readonly pages: number;
  readonly conversations: number;
  readonly instagramPages: number;
  readonly instagramConversations: number;
  readonly messagesPerConversation: MessagesPerConversation;
  readonly seed: number;
  readonly now: () => number;
  readonly oddShare: number;
  readonly pagesWithoutMessaging: number;
  readonly appId: string;
  readonly appSecret: string;
}

export interface Settings {
  readonly port: number;
  readonly profile: Profile;
  readonly world: WorldSettings;
  readonly rules: Rules;
  readonly callsPerSecond: number;
  readonly engagedPeople: number;
}

const NO_LATENCY: Latency = { baseMs: 0, perFullConversationMs: 0, perLightConversationMs: 0 };

/** Measured answer times: 100 conversations with messages take 1.7 s, 100 without take 0.44 s. */
const SEED_LATENCY: Latency = { baseMs: 400, perFullConversationMs: 13, perLightConversationMs: 0.4 };

/** Fills in every default. */
export function toSettings(options: SimulatorOptions): Settings {
  const profile = options.profile ?? 'fast';
  const isHostile = profile === 'hostile';
  const pages = options.pages ?? 5;
  const conversations = options.conversations ?? 1000;
  const instagramPages = options.instagramPages ?? ((options.instagramConversations ?? 0) > 0 ? pages : 0);
  const instagramConversations = instagramPages > 0 ? (options.instagramConversations ?? conversations) : 0;
  return {
    port: options.port ?? 0,
    profile,
    callsPerSecond: options.callsPerSecond ?? 2,
    engagedPeople: options.engagedPeople ?? Math.max(1, conversations + instagramConversations),
    world: {
      pages,
      conversations,
      instagramPages,
      instagramConversations,
      messagesPerConversation: options.messagesPerConversation ?? { min: 1, max: 25, mean: 8 },
      seed: options.seed ?? 1,
      now: options.now ?? Date.now,
      oddShare: options.oddShare ?? (isHostile ? 0.03 : 0),
      pagesWithoutMessaging: options.pagesWithoutMessaging ?? 0,
      appId: options.appId ?? '100000000000001',
      appSecret: options.appSecret ?? 'simulated-app-secret',
    },
    rules: {
      since: options.since ?? 'ignored',
      listCap: options.listCap ?? 100,
      messagesCap: options.messagesCap ?? 100,
      pageSize: options.pageSize ?? 25,
      tooMuchData: options.tooMuchData ?? (isHostile ? 1000 : Infinity),
      phantomNext: options.phantomNext ?? false,
      cursorFollows: options.cursorFollows ?? 'place',
      deadCursorCode: options.deadCursorCode ?? 100,
      readableMessages: { messenger: Infinity, instagram: 20, ...options.readableMessages },
      edits: options.edits ?? 'shown',
      reactions: options.reactions ?? 'shown',
      instagram: { fields: 'documented', olderMessages: 'bare', unlinked: 'refused', ...options.instagram },
      latency: { ...(profile === 'seed' ? SEED_LATENCY : NO_LATENCY), ...options.latency },
      faultShare: options.faultShare ?? (isHostile ? 0.06 : 0),
      requireProof: options.requireProof ?? false,
    },
  };
}
