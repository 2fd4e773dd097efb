// Words of praise and complaint in Chinese, as customers of a bank, a shop or a carrier write them; our own list. Weights 1 to 3.

const strongBad =
  '垃圾 骗子 诈骗 欺骗 坑人 坑爹 恶心 无耻 黑心 霸王条款 投诉 曝光 维权 报警 气死 愤怒 差劲 太差 极差 最差 糟透 崩溃 无语 忍无可忍 失望透顶 再也不 永远不会再 后悔 被骗 上当 忽悠 盗刷 乱扣费 乱收费 态度恶劣 恶劣 可恶 滚 一星 差评 拉黑 举报 抵制 不要脸 混蛋 吐血 烂';
const bad =
  '失望 生气 不满 难用 卡顿 闪退 死机 报错 失败 错误 拒绝 推诿 踢皮球 敷衍 冷漠 傲慢 拖延 拖了 拖沓 没人管 没人接 打不通 打不进 没反应 没人理 不理 不管 等了 白等 排队 慢 麻烦 繁琐 复杂 贵 涨价 扣费 扣款 扣钱 冻结 封号 丢失 破损 损坏 坏了 漏发 发错 故障 瘫痪 断线 掉线 卡死 问题 难受 郁闷 烦 讨厌 坑 差 糟糕 吵 脏 假货 过期 延误 晚点 迟到 超时 漏洞 泄露 骚扰 强制 套路 不便 不合理 不公平 不专业 不负责 不靠谱 不方便 不行 不好 不满意 不清楚 不明白 不到账 没到账 未到账 到不了账 进不去 登不上 登录不了 用不了 打不开 收不到 退不了 取消不了 解决不了 联系不上 找不到 浪费 亏 累 可惜 遗憾 抱怨 质疑 担心 害怕 焦虑 着急 无奈 心累 头疼';
const good =
  '好 满意 不错 方便 快捷 快 便捷 便宜 划算 实惠 优惠 靠谱 贴心 耐心 热情 专业 周到 细心 负责 礼貌 友好 亲切 温暖 感谢 谢谢 多谢 点赞 赞 支持 喜欢 推荐 值得 放心 安心 省心 省事 顺利 成功 解决了 到账了 修好了 及时 高效 流畅 稳定 清晰 清楚 简单 易用 好用 舒服 舒适 开心 高兴 愉快 惊喜 给力 厉害 优秀 漂亮 干净 整洁 新鲜 正品 信赖 信任 效率高 人性化 用心 可以的 不赖 没毛病 进步 改善 提升 回头客 五星';
const strongGood =
  '非常满意 太棒 棒 完美 最好 超赞 好评 惊艳 一流 五星好评 爱了 超级好 强烈推荐 良心 感动 无可挑剔 赞不绝口 服务一流 太好了';
/** What looks like a word of tone, and is none. */
const none =
  '好的 你好 您好 好友 好像 好几 好多 好久 最好是 爱好 正好 只好 好吗 问题是 有问题吗 请问 没问题 差不多 差别 时差 快递 快要 快到 尽快 快点 赶快 快照 慢慢 满意度 麻烦您 麻烦你 麻烦问 麻烦帮 烦请 不好意思 贵行 贵公司 贵宾 简单说 清楚吗 优惠券 优惠活动 支持哪些 支持吗 成功率 推荐码 推荐人 累计 累积 方便吗 方便面 方便的话 棒球 赞助 排队号 亏损 专业版 超时时间 坑位 好奇 错误代码 好处 快乐 安心充 稳定币 成功后 失败后';

/** They turn what follows round. */
export const negations = [
  '不是很',
  '不是',
  '不太',
  '不怎么',
  '不够',
  '并不',
  '从不',
  '没有',
  '没人',
  '无人',
  '没',
  '不',
  '未',
  '毫无',
  '别',
  '无',
  '缺乏',
  '难以',
  '算不上',
  '谈不上',
];
/** They make what follows stronger or weaker. */
export const degrees: Readonly<Record<string, number>> = {
  非常: 1.6,
  特别: 1.6,
  十分: 1.6,
  极其: 1.9,
  极度: 1.9,
  超级: 1.7,
  超: 1.5,
  太: 1.6,
  很: 1.3,
  真: 1.3,
  真的: 1.3,
  真是: 1.3,
  好: 1.3,
  最: 1.7,
  相当: 1.4,
  挺: 1.1,
  比较: 0.9,
  有点: 0.7,
  有些: 0.7,
  稍微: 0.6,
  略: 0.6,
  越来越: 1.4,
  一直: 1.2,
  总是: 1.3,
  老是: 1.3,
  完全: 1.5,
  简直: 1.5,
  根本: 1.5,
};

const weights = new Map<string, number>();
const add = (words: string, weight: number) => {
  for (const word of words.split(' ')) weights.set(word, weight);
};
add(good, 1.5);
add(strongGood, 3);
add(bad, -1.5);
add(strongBad, -3);
add(none, 0);
add('慢 问题 担心 着急 排队 复杂 可惜 失败 错误', -1.2);
add('好 快 谢谢 支持 成功', 1);

export const wordsZh: ReadonlyMap<string, number> = weights;
export const longestZh = Math.max(...[...weights.keys()].map((word) => word.length));
