//! What a golden batch was run with, for hosts that run it themselves.

use super::failure::FailureKind;
use super::format::{Batch, BatchMode, BootloaderKind};
use super::load::Code;
use super::machine::has_circuit_rules;
use super::transaction_reader::FactoryDeps;
use crate::batch::{
    BaseContract, BatchEnvironment, BlockEnvironment, ExecutionMode, InteropRoot, Leaf,
    MemoryState, SystemEnvironment,
};
use crate::fees::FeeInput;
use crate::pubdata::{Content, DaValidator, PubdataFormat};
use crate::transaction::Transaction;
use eravm_core::{Semantics, VersionedHash};

impl Batch {
    /// The rules of the machine: those of the protocol version, and of the reference that made the golden.
    ///
    /// # Errors
    /// If the golden does not name known ones.
    pub fn semantics(&self) -> Result<Semantics, FailureKind> {
        let (semantics, _) =
            Semantics::of_protocol(self.protocol_version).map_err(FailureKind::Protocol)?;
        Ok(semantics.with_circuit_rules(has_circuit_rules(self)?))
    }

    /// What was the same for all batches of the chain.
    ///
    /// # Errors
    /// If code is missing.
    pub fn system_environment(&self, code: &Code) -> Result<SystemEnvironment, FailureKind> {
        let contract = |hash: VersionedHash| match code.get(&hash) {
            Some(program) => Ok(BaseContract { hash, program: program.clone() }),
            None => Err(FailureKind::MissingCode(hash)),
        };
        // Where there is no emulator, the default account takes its place.
        let has_emulator = self.evm_emulator_hash != self.default_aa_hash;
        Ok(SystemEnvironment {
            protocol: self.protocol_version,
            chain_id: self.chain_id,
            bootloader: contract(self.bootloader.hash.0)?,
            default_account: contract(self.default_aa_hash.0)?,
            evm_emulator: match has_emulator {
                true => Some(contract(self.evm_emulator_hash.0)?),
                false => None,
            },
            mode: match self.execution_mode {
                BatchMode::VerifyExecute => ExecutionMode::VerifyExecute,
                BatchMode::EstimateFee => ExecutionMode::EstimateFee,
                BatchMode::EthCall => ExecutionMode::EthCall,
            },
            engine: code.engine().clone(),
            validation_ergs: self.validation_computational_gas_limit,
        })
    }

    /// What the batch was run with.
    pub fn batch_environment(&self) -> BatchEnvironment {
        let batch = &self.l1_batch_env;
        let block = &batch.first_l2_block;
        let roots = block.interop_roots.iter().map(|root| InteropRoot {
            chain_id: root.chain_id,
            block_number: root.block_number,
            sides: root.sides.iter().map(|side| side.0).collect(),
        });
        BatchEnvironment {
            number: batch.number,
            timestamp: batch.timestamp,
            previous_hash: batch.previous_batch_hash.map(|hash| hash.0),
            operator: batch.fee_account.0,
            fee_input: FeeInput {
                fair_l2_gas_price: batch.fair_l2_gas_price,
                fair_pubdata_price: batch.fair_pubdata_price,
                l1_gas_price: batch.l1_gas_price,
            },
            enforced_base_fee: batch.enforced_base_fee,
            first_block: BlockEnvironment {
                number: block.number,
                timestamp: block.timestamp,
                previous_hash: block.prev_block_hash.0,
                max_virtual_blocks: block.max_virtual_blocks_to_create,
                interop_roots: roots.collect(),
            },
        }
    }

    /// The state before the batch, without the code that its transactions bring along.
    ///
    /// # Errors
    /// If code is missing.
    pub fn initial_state(&self, code: &Code) -> Result<MemoryState, FailureKind> {
        let mut state = MemoryState::new();
        for (address, key, value, index) in &self.initial_storage {
            state.set_leaf(address.0, key.0, Leaf { value: value.0, index: *index });
        }
        for hash in &self.initial_factory_deps {
            let program = code.get(&hash.0).ok_or(FailureKind::MissingCode(hash.0))?;
            state.add_program(hash.0, program.clone());
        }
        Ok(state)
    }

    /// The transactions.
    ///
    /// # Errors
    /// If one cannot be read; which.
    pub fn all_transactions(&self, code: &Code) -> Result<Vec<Transaction>, FailureKind> {
        let mut deps = FactoryDeps::new(code);
        let rows = self.transactions.iter().enumerate();
        let read = rows.map(|(index, row)| {
            let read = row.tx.transaction(self.chain_id, &mut deps);
            read.map_err(|error| FailureKind::Transaction(index, Box::new(error)))
        });
        read.collect()
    }

    /// How the batch was published.
    ///
    /// # Errors
    /// If the protocol version does not have it.
    pub fn pubdata_format(&self) -> Result<PubdataFormat, FailureKind> {
        let validator = DaValidator::Contract(self.l2_da_validator.0);
        PubdataFormat::new(self.protocol_version, Content::Full, validator)
            .map_err(FailureKind::PubdataFormat)
    }

    /// Whether the bootloader was the one that the network proves.
    pub fn is_proved(&self) -> bool {
        matches!(self.bootloader.kind, BootloaderKind::ProvedBatch)
    }
}
