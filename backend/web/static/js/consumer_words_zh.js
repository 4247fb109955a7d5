// What the self-check says. Step words are those of the page; a test compares them.

export const and = '、';
export const steps = {
  harvest: '收粮', ferment: '发酵', distil: '蒸馏', age: '陈酿', blend: '勾调', bottle: '装瓶', inspect: '检验',
  commission: '逐瓶赋码', ship: '发货', receive: '签收', return: '退回', sell: '售出', write_off: '报损', recall: '召回', lift: '解除召回',
};
const fields = {
  step: '步骤', batch: '批次', quantity: '数量', counterparty: '对方', location: '地点', time: '时间', units: '箱码清单',
  ref: '关联单据', party: '签字方', inputs: '原料',
};
export const checking = '您的手机正在自行核对账本…';
export const passed = (nodes) => `您的手机已自行核对 ${nodes} 个节点`;
export const outvoted = (nodes) => `，另有 ${nodes} 个节点说法不同`;
export const silent = '暂时连不上账本节点，未能全部核对；目前显示的是品牌方的记录';
export const unready = '账本暂未就绪，未能全部核对；目前显示的是品牌方的记录';
export const insecure = '此连接不是 https，手机无法自行核对；目前显示的是品牌方的记录';
export const waiting = (count) => `尚未能全部核对：${count} 条记录还没有写到链上，其余已核对`;
export const unread = (count) => `尚未能全部核对：${count} 条记录的写法本页读不懂，其余已核对`;
export const doubt = '您的手机核对后发现有一处对不上';
export const details = '看看核对出了什么';
export const marks = { passed: '相符', doubt: '对不上', pending: '还不能核对', agreed: '相符', disagreed: '说法不同', silent: '没有回答' };

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
  absent: (it) => `账本上没有${it}这条记录`,
  field: (it, field) => `${it}的${fields[field]}与账本不符`,
  gap: (it) => `${it}的一方不是上一位签收方，中间缺了记录`,
  row: (it) => `网页显示的${it}与账本不符`,
  hidden: (it) => `网页没有显示${it}这条记录`,
};
export const say = ({ what, step, field }, date) => says[what](`“${steps[step] || step}”${date ? `（${date}）` : ''}`, field);
