// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SignedCapture, Step} from "../types/Capture.sol";
import {Consignment, Totals} from "../types/Custody.sol";
import {Standing} from "../types/Party.sol";

/// @title Who holds how much of which batch, by the signed word of those who handed it over.
/// @notice For every batch, always: born = held + in transit + sold + lost + consumed. Anyone may relay captures, since each
/// carries its signature. One that is refused changes nothing and sinks no other: it is told in `CaptureRefused`, whose
/// `reason` is one of the errors below, ABI-encoded.
/// @dev EIP-712 domain: name "Jiulian BatchLedger", version "1". What is not well-formed ABI (a step beyond the enum) fails
/// as a whole call: that is the relayer's fault, not a capture's. A refusal says only that this attempt failed: the same
/// evidence may have been recorded before or be recorded later, as `recorded` tells.
interface IBatchLedger {
    /// @notice A capture was recorded. For a shipment, `evidence` is the id of the consignment.
    event Captured(
        bytes32 indexed evidence,
        bytes32 indexed batch,
        bytes32 indexed party,
        Step step,
        uint128 quantity,
        bytes32 counterparty,
        bytes32 location,
        uint64 time,
        bytes32 units,
        bytes32 ref,
        bytes32 device
    );
    /// @notice A batch was used up, in part, to bear the batch of the capture; follows its `Captured`.
    event InputConsumed(bytes32 indexed evidence, bytes32 indexed batch, uint128 quantity);
    /// @notice A declaration was recorded that the capture `voids` did not happen, and the opposite entry made: what that
    /// capture moved is where it was before it. The other values are those of the capture it voids, repeated.
    event CaptureVoided(
        bytes32 indexed evidence,
        bytes32 indexed batch,
        bytes32 indexed party,
        bytes32 voids,
        Step step,
        uint128 quantity,
        bytes32 counterparty,
        bytes32 location,
        uint64 time,
        bytes32 ref,
        bytes32 device
    );
    /// @notice What a voided capture had used up is held again; follows its `CaptureVoided`.
    event InputRestored(bytes32 indexed evidence, bytes32 indexed batch, uint128 quantity);
    /// @notice A relayed capture was not recorded.
    event CaptureRefused(bytes32 indexed evidence, bytes32 indexed batch, bytes32 indexed device, bytes reason);

    /// @notice The evidence is zero.
    error EvidenceMissing();
    /// @notice The evidence was recorded before.
    error EvidenceRecorded(bytes32 evidence);
    /// @notice The signer is not enrolled.
    error DeviceUnknown(bytes32 device);
    /// @notice The signer was revoked.
    error DeviceIsRevoked(bytes32 device);
    /// @notice The signature is not the signer's over this capture.
    error SignatureWrong(bytes32 device);
    /// @notice A party of the dealing is not enrolled.
    error PartyUnknown(bytes32 party);
    /// @notice A party of the dealing is suspended or revoked.
    error PartyNotActive(bytes32 party, Standing standing);
    /// @notice No role of the party allows the step.
    error StepNotAllowed(bytes32 party, Step step, uint8 roles);
    /// @notice The capture claims a time that has not come.
    error FromTheFuture(uint64 time, uint256 blockTime);
    /// @notice The batch was never born.
    error BatchUnknown(bytes32 batch);
    /// @notice A batch is born once.
    error BatchExists(bytes32 batch);
    /// @notice The batch is recalled, and this is not a way back; or what is to be recalled already is.
    error BatchRecalled(bytes32 batch);
    /// @notice The batch, or those units of it in that number, are not recalled, so nothing can be lifted.
    error BatchNotRecalled(bytes32 batch);
    /// @notice The step needs a quantity.
    error QuantityMissing(bytes32 batch);
    /// @notice More than the books can write of one batch, 2^64 - 1, or a recall of more units than were born.
    error QuantityTooLarge(bytes32 batch, uint128 quantity);
    /// @notice The party holds less than the capture moves.
    error HoldsLess(bytes32 batch, bytes32 party, uint128 held, uint256 asked);
    /// @notice A batch is not made from nothing.
    error InputsMissing(bytes32 batch);
    /// @notice A batch is made from so many inputs that the capture might not fit into a transaction.
    error InputsTooMany(bytes32 batch, uint256 inputs, uint256 most);
    /// @notice The step uses nothing up.
    error InputsUnexpected(bytes32 batch);
    /// @notice A code run is commissioned by its root.
    error UnitsMissing(bytes32 batch);
    /// @notice The codes of a batch are commissioned once.
    error UnitsCommissioned(bytes32 batch, bytes32 units);
    /// @notice The codes of a batch are commissioned by the party that bore it, and by nobody else.
    error NotMaker(bytes32 batch, bytes32 party);
    /// @notice The addressee has no role that holds stock.
    error CounterpartyUnsuited(bytes32 party, uint8 roles);
    /// @notice `ref` names no shipment of this batch.
    error ConsignmentUnknown(bytes32 consignment, bytes32 batch);
    /// @notice The consignment is addressed to another.
    error NotAddressee(bytes32 consignment, bytes32 party);
    /// @notice The consignment was sent by another than the receipt says.
    error NotSender(bytes32 consignment, bytes32 party);
    /// @notice Less of the consignment is under way than the capture moves.
    error OpenLess(bytes32 consignment, uint128 open, uint128 asked);
    /// @notice The step cannot be voided: a recall is lifted, and a lift is answered by a recall.
    error StepNotVoidable(Step step);
    /// @notice What is to be voided was never recorded.
    error VoidedUnknown(bytes32 voids);
    /// @notice What is to be voided was voided before.
    error VoidedBefore(bytes32 voids);
    /// @notice What is to be voided is a declaration itself; what it voided is captured anew instead.
    error DeclarationNotVoidable(bytes32 voids);
    /// @notice What is to be voided was recorded by another party.
    error NotItsParty(bytes32 voids, bytes32 party);
    /// @notice The declaration does not repeat what it voids.
    error ContentDiffers(bytes32 voids);
    /// @notice Some of the consignment has arrived, gone back or been lost; that has to be voided first.
    error ConsignmentMoved(bytes32 consignment, uint128 shipped, uint128 open);

    /// @notice Records captures in order. Steps:
    /// Harvest bears a batch; Ferment, Distil, Blend and Bottle use up inputs and bear one; Age and Inspect only speak;
    /// Commission sets the root of the batch's unit codes, once, by who bore it and holds all of it; Ship opens a consignment to
    /// an active counterparty; Receive and Return (by the addressee, `ref` = consignment) take it in or send it back, in
    /// parts if need be; Sell and WriteOff reduce what is held, WriteOff with `ref` what is under way (by sender or
    /// addressee); Recall and Lift stop and free a batch. A recalled batch is shipped to and received by brands and
    /// producers only, returned to its sender, or written off by a brand or producer.
    ///
    /// Recall and Lift with `units` speak of those units alone, however many they are: the root, over the sorted keys of
    /// the units, is kept for `recalledUnits` with their number, and the batch goes on as before, since quantities do not
    /// tell its bottles apart. A lift frees them with the same root and number. Stopping those bottles is for whoever reads
    /// their codes. Such recalls and one of the whole batch stand and are lifted independently, so that a recall can be
    /// narrowed without a moment in which nothing is recalled.
    ///
    /// A capture with `voids` is a declaration that an earlier one, by the same party and with the same content, did not
    /// happen. It makes the opposite entry, if nothing that came after stands on the earlier one: a shipment is voided
    /// while none of it has arrived, gone back or been lost; a receipt while the receiver still holds as much, a return
    /// while the sender does; a sale and a write-off at any time; a birth while its party holds all that was born, after
    /// which the inputs are held again and the batch can be born anew; a commission likewise, or before the birth. Age and
    /// Inspect are only marked. Recall and Lift are each other's opposite and are not voided. Since it restores what was,
    /// it asks neither for the standing of the other party nor whether the batch is recalled.
    function record(SignedCapture[] calldata captures) external;

    /// @notice How much of a batch a party holds.
    function held(bytes32 batch, bytes32 party) external view returns (uint128);

    /// @notice Where the units of a batch are.
    function totals(bytes32 batch) external view returns (Totals memory);

    /// @notice The consignment opened by this evidence; all zero when it opened none.
    function consignment(bytes32 evidence) external view returns (Consignment memory);

    /// @notice The root of the batch's unit codes; zero until commissioned.
    function unitsRoot(bytes32 batch) external view returns (bytes32);

    /// @notice Whether the evidence was recorded, as a capture or as a declaration.
    function recorded(bytes32 evidence) external view returns (bool);

    /// @notice Whether the evidence was recorded and a declaration has voided it; `CaptureVoided` tells which.
    function voided(bytes32 evidence) external view returns (bool);

    /// @notice Whether the whole batch is recalled.
    function recalled(bytes32 batch) external view returns (bool);

    /// @notice How many units under this root are recalled without the rest of the batch; 0 when they are not.
    function recalledUnits(bytes32 batch, bytes32 units) external view returns (uint128);
}
