export { type Article, type ArticleBody, articleBodySchema, Knowledge } from './knowledge.ts';
export { type FoundArticle, searchArticles, suggestArticles } from './reads.ts';
