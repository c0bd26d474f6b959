/** How Pages and the person behind them are shown. */
import { hash } from './random.ts';
import { list, object, plain } from './shape.ts';
import type { Page } from './model.ts';
import type { NodeType } from './shape.ts';

export const PAGE: NodeType<Page> = {
  name: 'Page',
  defaults: ['name', 'id'],
  parts: {
    id: plain(({ id }) => id),
    name: plain(({ name }) => name),
    access_token: plain(({ token }) => token),
    category: plain(({ category }) => category),
    category_list: list('PageCategory', ['id', 'name'], ({ category }) => [
      { id: String(hash(category) % 10_000), name: category },
    ]),
    tasks: plain(({ tasks }) => tasks),
    link: plain(({ id }) => `https://www.facebook.com/${id}`),
    username: plain(() => undefined),
    instagram_business_account: object('IGUser', ['id', 'username'], ({ instagram }) =>
      instagram === undefined ? undefined : { id: instagram.id, username: instagram.name },
    ),
    connected_instagram_account: object('IGUser', ['id', 'username'], ({ instagram }) =>
      instagram === undefined ? undefined : { id: instagram.id, username: instagram.name },
    ),
  },
};

/** In the list of a person's Pages the categories are a bare array, and the tokens are there unasked. */
export const LISTED_PAGE: NodeType<Page> = {
  ...PAGE,
  defaults: ['access_token', 'category', 'category_list', 'name', 'id', 'tasks'],
  parts: {
    ...PAGE.parts,
    category_list: plain(({ category }) => [{ id: String(hash(category) % 10_000), name: category }]),
  },
};

export const USER: NodeType<{ readonly id: string }> = {
  name: 'User',
  defaults: ['name', 'id'],
  parts: { id: plain(({ id }) => id), name: plain(() => 'Simulated Person') },
};
