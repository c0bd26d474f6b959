/** Tidemark as a library: connect Pages, sync them, read the mirror. */
import { createTidemark } from 'tidemark';

await using tidemark = await createTidemark();

const { connected } = await tidemark.pages.connect(process.env['FACEBOOK_TOKEN'] ?? '');
for (const page of connected) {
  const answer = await tidemark.sync({ pageId: page.id, onEvent: (event) => console.error(event.type) });
  console.log(`${page.name}: ${answer.message} (${answer.graphCalls} calls, ${answer.duration})`);
}
const { items } = await tidemark.conversations.list({ limit: 5 });
for (const conversation of items) console.log(conversation.contactName, conversation.snippet);
