/** Leads an authorised question to the part that answers it, one case per kind of target. */
import { answerAccounts, answerSubscribedApps } from './answer-accounts.ts';
import { answerConversations, answerMessages } from './answer-conversations.ts';
import {
  answerAttachments,
  answerConversation,
  answerIds,
  answerMe,
  answerMessage,
  answerPage,
} from './answer-nodes.ts';
import { answerDebugToken, answerPermissions } from './answer-tokens.ts';
import { missingObject, unknownPath } from './refusals.ts';
import type { Answer, Question } from './answer.ts';
import type { Target } from './targets.ts';

/** Throws a refusal for what cannot be answered. */
export function answerTarget(question: Question, target: Target): Answer {
  const { incoming, world } = question;
  if (incoming.method !== 'GET' && target.kind !== 'subscribed_apps') {
    throw missingObject(incoming.segments[0] ?? '', incoming.method.toLowerCase());
  }
  switch (target.kind) {
    case 'me':
      return answerMe(question);
    case 'accounts':
      return answerAccounts(question);
    case 'page':
      return answerPage(question, target.page);
    case 'subscribed_apps':
      return answerSubscribedApps(question, target.page);
    case 'conversations':
      return answerConversations(question, target.page, target.platform);
    case 'conversation':
      return answerConversation(question, target);
    case 'messages':
      return answerMessages(question, target.conversation);
    case 'message':
      return answerMessage(question, target);
    case 'attachments':
      return answerAttachments(question, target);
    case 'ids':
      return answerIds(question, target.ids);
    case 'permissions':
      return answerPermissions(world);
    case 'debug_token':
      return answerDebugToken(incoming, world);
    case 'unknown':
      throw target.rest === undefined ? missingObject(target.id) : unknownPath(target.rest);
    case 'oauth':
      throw missingObject(target.kind);
  }
}
