/** How a message is shown, field by field, after the recordings. */
import { createRandom } from './random.ts';
import { PERSON_MEMBERS, toPersonJson } from './shape-people.ts';
import { chooser, list, object, plain, toGraphTime } from './shape.ts';
import type { JsonObject } from './json.ts';
import type { Attachment, Conversation, Message, Platform, Reaction, Share } from './model.ts';
import type { NodeType, View } from './shape.ts';

/** A message in its place. */
export interface PlacedMessage {
  readonly conversation: Conversation;
  readonly message: Message;
}

const ATTACHMENT_MEMBERS = [
  'id',
  'mime_type',
  'name',
  'size',
  'file_url',
  'image_data',
  'video_data',
  'generic_template',
] as const;

const SHARE_MEMBERS = ['id', 'link', 'name', 'description', 'picture', 'template'] as const;

const DAY_MS = 24 * 3_600_000;
const MEDIA_LIFETIME_MS = 5 * DAY_MS;

/** base64 of "0", escaped: what the attachments edge has for cursors. */
const ONLY_CURSOR = 'MAZDZD';

export const MESSAGE: NodeType<PlacedMessage> = {
  name: 'Message',
  defaults: ['id', 'created_time'],
  parts: {
    id: plain(({ message }) => message.id),
    created_time: plain(({ message }) => toGraphTime(message.createdAt)),
    from: object('User', PERSON_MEMBERS, ({ message, conversation }) =>
      message.from === undefined ? undefined : toPersonJson(message.from, conversation.platform),
    ),
    to: list('User', PERSON_MEMBERS, ({ message, conversation }) =>
      message.to === undefined ? undefined : [toPersonJson(message.to, conversation.platform)],
    ),
    message: plain(({ message }, { rules }) =>
      rules.edits === 'hidden' && message.numberOfEdits > 0 ? message.writtenText : message.text,
    ),
    attachments: (field) => {
      const choose = chooser('MessageAttachment', ATTACHMENT_MEMBERS, field.children);
      return (placed, view) => {
        if (placed.message.attachments.length === 0) return undefined;
        const { data, paging } = toAttachmentsJson(placed, view, undefined);
        return { data: data.map(choose), paging };
      };
    },
    // The documentation wants the members of a share asked for by name; without braces there is only the id.
    shares: (field) => {
      const choose = chooser('MessageShare', SHARE_MEMBERS, field.children ?? []);
      return ({ message, conversation }) =>
        message.shares.length === 0
          ? undefined
          : {
              data: message.shares.map((share) => choose(toShareJson(share, conversation.platform))),
            };
    },
    sticker: plain(({ message }) => message.sticker),
    tags: list('MessageTag', ['name'], (placed) => tagsOf(placed).map((name) => ({ name }))),
    reactions: plain(({ message, conversation }, { rules }) =>
      message.reactions.length === 0 || rules.reactions === 'hidden'
        ? undefined
        : { data: message.reactions.map((reaction) => toReactionJson(reaction, conversation)) },
    ),
    reply_to: plain(({ message }) =>
      message.replyTo === undefined ? undefined : { mid: message.replyTo, is_self_reply: false },
    ),
    story: plain(({ message: { story } }, view) => {
      if (story === undefined) return undefined;
      const shown = { link: sign(story.url, view), id: story.id };
      return story.kind === 'reply' ? { reply_to: shown } : { mention: shown };
    }),
    is_unsupported: plain(({ message }) => (message.isUnsupported ? true : undefined)),
  },
};

/** One page of the attachments edge: what is there, and nothing behind it. */
export function toAttachmentsJson(
  { message, conversation }: PlacedMessage,
  view: View,
  after: string | undefined,
): { readonly data: readonly JsonObject[]; readonly paging?: JsonObject } {
  if (after !== undefined || message.attachments.length === 0) return { data: [] };
  if (conversation.platform === 'instagram') {
    return { data: message.attachments.map((attachment) => toInstagramAttachmentJson(attachment, view)) };
  }
  return {
    data: message.attachments.map((attachment) => toAttachmentJson(attachment, view)),
    paging: attachmentPaging(message, view),
  };
}

function tagsOf({ message, conversation }: PlacedMessage): readonly string[] {
  if (conversation.platform === 'instagram') return [];
  return message.sentByPage ? ['inbox', 'read', 'sent', 'source:web'] : ['inbox', 'read', 'source:chat'];
}

function toReactionJson({ reaction, person }: Reaction, { platform }: Conversation): JsonObject {
  return { reaction, users: [toPersonJson(person, platform)] };
}

function toAttachmentJson(attachment: Attachment, view: View): JsonObject {
  const { id, kind, name, width, height } = attachment;
  if (kind === 'placeholder') return { id, name };
  const head = { id, mime_type: attachment.mimeType ?? null, name, size: attachment.sizeBytes ?? null };
  const url = sign(attachment.url, view);
  const previewUrl = sign(attachment.previewUrl, view);
  switch (kind) {
    case 'image':
      return {
        ...head,
        image_data: {
          width,
          height,
          max_width: width,
          max_height: height,
          url,
          preview_url: previewUrl,
          image_type: 1,
          render_as_sticker: false,
        },
      };
    case 'video':
      return {
        ...head,
        video_data: { width, height, length: 11, video_type: 1, url, preview_url: previewUrl, rotation: 0 },
      };
    case 'audio':
    case 'file':
      return { ...head, file_url: url };
  }
}

/** Instagram says little more of an attachment than where it lies. */
function toInstagramAttachmentJson({ id, kind, name, url }: Attachment, view: View): JsonObject {
  const media = { url: sign(url, view) };
  switch (kind) {
    case 'placeholder':
      return { id, name };
    case 'image':
      return { id, image_data: media };
    case 'video':
      return { id, video_data: media };
    case 'audio':
    case 'file':
      return { id, name, file_url: media.url };
  }
}

function toShareJson({ id, link, name, description, product }: Share, platform: Platform): JsonObject {
  if (platform === 'messenger') {
    return { id: id ?? null, link, name, description: description ?? null, picture: null };
  }
  if (product === undefined) return { link };
  const element = { id: product.id, image_url: product.imageUrl, name: product.name, price: product.price };
  return { link, template: { payload: { product: { elements: { data: [element] } } } } };
}

/** Media addresses are signed anew every day, and each signature tells when it dies. */
function sign(url: string | undefined, view: View): string | undefined {
  if (url === undefined) return undefined;
  const today = Math.floor(view.world.now() / DAY_MS);
  const expiresAtSeconds = (today * DAY_MS + MEDIA_LIFETIME_MS) / 1000;
  const signature = createRandom(url, today).text(32, '0123456789abcdef');
  return `${url}?_nc_cat=107&_nc_ht=scontent.example&oh=${signature}&oe=${expiresAtSeconds.toString(16).toUpperCase()}`;
}

/** Recorded oddity: equal cursors, and a `next` with nothing behind it. */
function attachmentPaging(message: Message, view: View): JsonObject {
  return {
    cursors: { before: ONLY_CURSOR, after: ONLY_CURSOR },
    next: `${view.root}/${message.id}/attachments?access_token=${view.token}&pretty=0&limit=25&after=${ONLY_CURSOR}`,
  };
}
