// The ledger's interface, frozen here so that no answer of ours can bend it. A test holds it against the contract's ABI.

export const CAPTURED = '0x70f63e6b7eb292467d7037fb5ab05201e5ca1e80399112aca70e0e64820acb1e';
export const INPUT_CONSUMED = '0x09acfe93a0c355700e53a753823930cf09733ef21850657e51f9e62c9f393cbb';
export const UNITS_ROOT = '0x41cc9db8';
export const RECALLED = '0xf0b5ec61';
export const CONSIGNMENT = '0x7dbbe8f5';
export const DEVICE_ENROLLED = '0x2cb1adcb5b7912c96476745544f71a026e503e45f9b66a66b080bd05186fdfae';
export const DEVICE_REVOKED = '0x6807b1bcc6757abdaf2ffbfc6ffa6f9407229f084e994874b97d11ad88a0322b';
export const HEAD_ACCEPTED = '0xeb3e6701b1c2dd675787ae0b9549fd7aaedfe16391fa8202a17cf642746c720d';
export const VOIDED = '0xa55d800b';
export const KEY_OF = '0xdf78bce2';

/** The name of our evidence log: SHA-256 of "jiulian-evidence". */
export const LOG = 'ccf43ccc00c30dafcbaf409d583327bca4f85632dfadbb205242e4b47e594cad';

export const STEPS = [
  'none', 'harvest', 'ferment', 'distil', 'age', 'blend', 'bottle', 'inspect', 'commission',
  'ship', 'receive', 'return', 'sell', 'write_off', 'recall', 'lift',
];
