// What the self-check says. Step words are those of the page; a test compares them.

export const and = '、';
export const steps = {
  harvest: '收粮', ferment: '发酵', distil: '蒸馏', age: '陈酿', blend: '勾调', bottle: '装瓶', inspect: '检验',
  commission: '逐瓶赋码', ship: '发货', receive: '签收', return: '退回', sell: '售出', write_off: '报损', recall: '召回', lift: '解除召回',
};
export const checking = '您的手机正在自行核对账本…';
export const passed = (nodes) => `您的手机已自行核对 ${nodes} 个节点`;
export const outvoted = (nodes) => `，另有 ${nodes} 个节点说法不同`;
export const cut = '；用到的批次太多，最早的没有列出，也没有核对';
export const silent = '暂时连不上账本节点，未能全部核对；目前显示的是品牌方的记录';
export const insecure = '此连接不是 https，手机无法自行核对；目前显示的是品牌方的记录';
export const waiting = (count) => `尚未能全部核对：${count} 条记录还没有写到链上，其余已核对`;
export const doubt = '您的手机核对后发现有一处对不上';
export const details = '看看核对出了什么';
export const marks = { passed: '相符', doubt: '对不上', pending: '还不能核对', agreed: '相符', disagreed: '说法不同', silent: '没有回答' };
