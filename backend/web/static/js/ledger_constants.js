// The ledger's interface, frozen here so that no answer of ours can bend it. A test holds it against the contract's ABI.

export const CAPTURED = '0x70f63e6b7eb292467d7037fb5ab05201e5ca1e80399112aca70e0e64820acb1e';
export const INPUT_CONSUMED = '0x09acfe93a0c355700e53a753823930cf09733ef21850657e51f9e62c9f393cbb';
export const UNITS_ROOT = '0x41cc9db8';
export const RECALLED = '0xf0b5ec61';
export const CONSIGNMENT = '0x7dbbe8f5';

export const STEPS = [
  'none', 'harvest', 'ferment', 'distil', 'age', 'blend', 'bottle', 'inspect', 'commission',
  'ship', 'receive', 'return', 'sell', 'write_off', 'recall', 'lift',
];
