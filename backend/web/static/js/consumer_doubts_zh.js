// What differs, in a sentence. Loaded only when something does.

import { steps } from './consumer_words_zh.js';

const packing = { pack: '装箱', unpack: '拆箱' };
const fields = {
  step: '步骤', batch: '批次', quantity: '数量', counterparty: '对方', location: '地点', time: '时间', units: '箱码清单',
  ref: '关联单据', party: '签字方', inputs: '原料',
};

const says = {
  unit: () => '网站给出的证明属于另一瓶酒',
  ledger: () => '网站指向的账本前后不一致',
  pinned: () => '网站指向的账本与您第一次查看时不同',
  leaf: () => '这瓶酒的编码不在它的编码清单里',
  root: () => '编码清单与链上登记的不一致',
  proof: () => '网站给出的证明残缺不全',
  chain: () => '节点属于另一条链',
  recalled: () => '账本上这一批次已召回，网页却没有说',
  invented: () => '网页显示了一条证明里没有的记录',
  text: (it) => `${it}的内容与当时签名的不是同一份`,
  refused: (it) => `${it}这条记录被账本拒绝`,
  missing: (it) => `缺少${it}这条记录`,
  case: (it) => `${it}没有写明这瓶酒或它的箱子`,
  order: (it) => `${it}的先后与账本不符`,
  absent: (it) => `账本上没有${it}这条记录`,
  field: (it, field) => `${it}的${fields[field]}与账本不符`,
  voided: (it) => `链上已声明${it}这条记录有误`,
  device: (it) => `${it}不是由签字方当时登记的设备签的`,
  unlogged: (it) => `${it}不在链上的存证日志里`,
  gap: (it) => `${it}的一方不是上一位签收方，中间缺了记录`,
  row: (it) => `网页显示的${it}与账本不符`,
  hidden: (it) => `网页没有显示${it}这条记录`,
};
export const say = ({ what, step, field }, date) => says[what](`“${steps[step] || packing[step] || step}”${date ? `（${date}）` : ''}`, field);
