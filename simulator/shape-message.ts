/** How a message is shown, field by field, after the recordings. */
import { createRandom } from './random.ts';
import { PERSON_MEMBERS, toPersonJson } from './shape-people.ts';
import { chooser, list, object, plain, toGraphTime } from './shape.ts';
import type { JsonObject } from './json.ts';
import type { Attachment, Conversation, Message, Reaction } from './model.ts';
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
    message: plain(({ message }) => message.text),
    attachments: (field) => {
      const choose = chooser('MessageAttachment', ATTACHMENT_MEMBERS, field.children);
      return ({ message }, view) =>
        message.attachments.length === 0
          ? undefined
          : {
              data: message.attachments.map((attachment) => choose(toAttachmentJson(attachment, view))),
              paging: attachmentPaging(message, view),
            };
    },
    // The documentation wants the members of a share asked for by name; without braces there is only the id.
    shares: (field) => {
      const choose = chooser('MessageShare', SHARE_MEMBERS, field.children ?? []);
      return ({ message }) =>
        message.shares.length === 0
          ? undefined
          : {
              data: message.shares.map((share) =>
                choose({
                  id: share.id ?? null,
                  link: share.link,
                  name: share.name,
                  description: share.description ?? null,
                  picture: null,
                }),
              ),
            };
    },
    sticker: plain(({ message }) => message.sticker),
    tags: list('MessageTag', ['name'], ({ message }) => tagsOf(message).map((name) => ({ name }))),
    reactions: plain(({ message, conversation }) =>
      message.reactions.length === 0
        ? undefined
        : { data: message.reactions.map((reaction) => toReactionJson(reaction, conversation)) },
    ),
    reply_to: plain(({ message }) =>
      message.replyTo === undefined ? undefined : { mid: message.replyTo, is_self_reply: false },
    ),
    story: plain(() => undefined),
    is_unsupported: plain(() => undefined),
  },
};

/** One page of the attachments edge: what is there, and nothing behind it. */
export function toAttachmentsJson(message: Message, view: View, after: string | undefined): JsonObject {
  if (after !== undefined || message.attachments.length === 0) return { data: [] };
  return {
    data: message.attachments.map((attachment) => toAttachmentJson(attachment, view)),
    paging: attachmentPaging(message, view),
  };
}

function tagsOf(message: Message): readonly string[] {
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
