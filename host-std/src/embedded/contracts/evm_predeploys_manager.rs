//! `EvmPredeploysManager`: deploys some EVM contracts that everybody expects at their addresses.

use super::account_code_storage::raw_code_hash;
use super::contract_deployer::only_with_evm;
use super::force_deployment::{ForceDeployment, calldata as force_deploy};
use crate::embedded::call::{Call, Data, Step};
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use crate::embedded::solidity::{Arguments, Selector, error, selector, split_selector};
use crate::system_contracts::addresses::CONTRACT_DEPLOYER;
use eravm_core::{VersionedHash, Word};

/// A contract that can be deployed.
struct Predeploy {
    address: Word,
    /// keccak256 of the code that deploys it.
    input_hash: Word,
    /// The hash of the code that this leaves.
    code_hash: Word,
}

/// All of them; words begin with their least significant part.
const PREDEPLOYS: &[Predeploy] = &[
    // CREATE2_PROXY
    Predeploy {
        address: Word([
            0xa78f_bf26_c0b4_956c,
            0x47b3_7957_8588_920c,
            0x0000_0000_4e59_b448,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0xcec7_8f16_8c0e_64e5,
            0x6ea9_ed1f_1478_1126,
            0x3b0e_d4a4_31e9_b699,
            0x50ea_9137_a35a_9ad3,
        ]),
        code_hash: Word([
            0x3352_fa3c_5dd3_a9a0,
            0x5faa_1dbb_41cc_d355,
            0x6bc1_3761_a15f_8f20,
            0x0200_0045_3cf8_9ad8,
        ]),
    },
    // DETERMINISTIC_CREATE2_PROXY
    Predeploy {
        address: Word([
            0x3c6e_d854_5e40_6d12,
            0x5792_c434_d74a_4088,
            0x0000_0000_7a0d_94f5,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0x3517_1ed6_0949_f4b0,
            0xc884_7f59_2b1f_b7e2,
            0xc77f_60df_be95_efcf,
            0xa4d9_3d1d_ea5a_c777,
        ]),
        code_hash: Word([
            0x5bfa_d017_0c32_4d95,
            0xc9a6_cbd7_00ac_ceb6,
            0x41ab_39bc_f6e1_9564,
            0x0200_001f_3bd5_54e5,
        ]),
    },
    // CREATE2_DEPLOYER
    Predeploy {
        address: Word([
            0x029f_ca08_1ae9_bef2,
            0xcb8b_f860_b6b7_9af3,
            0x0000_0000_13b0_d85c,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0xfd1f_c0be_af39_d7d0,
            0xbd76_19c2_6f78_fec2,
            0x6114_8079_8226_02f7,
            0xc9cd_bda8_0cd4_ba19,
        ]),
        code_hash: Word([
            0x2326_c0f7_12c8_5568,
            0x8f28_3b04_c4da_4120,
            0xb790_4cb5_c3d2_a260,
            0x0200_0aab_5ea3_5752,
        ]),
    },
    // ERC2470_SINGLETON_FACTORY
    Predeploy {
        address: Word([
            0x4da5_4a00_5ffd_cf9f,
            0x6830_0000_d44a_5900,
            0x0000_0000_ce00_42b8,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0x8ee5_24a5_b9a6_ab3b,
            0xb3ce_50d9_ab7d_da4e,
            0xfa3c_e434_8e93_d357,
            0x122b_6b28_aedd_fd05,
        ]),
        code_hash: Word([
            0x5150_0760_027b_87a4,
            0x1172_43b4_8d1b_32a7,
            0x5377_c3af_aef4_cbb0,
            0x0200_0134_23eb_b21b,
        ]),
    },
    // SAFE_SINGLETON_FACTORY
    Predeploy {
        address: Word([
            0x78b3_0650_d456_43d7,
            0x6aac_8cd5_42e7_2bca,
            0x0000_0000_914d_7fec,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0xcec7_8f16_8c0e_64e5,
            0x6ea9_ed1f_1478_1126,
            0x3b0e_d4a4_31e9_b699,
            0x50ea_9137_a35a_9ad3,
        ]),
        code_hash: Word([
            0x3352_fa3c_5dd3_a9a0,
            0x5faa_1dbb_41cc_d355,
            0x6bc1_3761_a15f_8f20,
            0x0200_0045_3cf8_9ad8,
        ]),
    },
    // MULTICALL3
    Predeploy {
        address: Word([
            0x62be_2a17_3976_ca11,
            0x5977_b363_1167_0288,
            0x0000_0000_ca11_bde0,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0xfdf5_0d04_8cd3_2d22,
            0x79dc_bdff_32c6_4705,
            0x8d51_8235_014a_c2c6,
            0x0b20_46aa_0181_0911,
        ]),
        code_hash: Word([
            0x1d76_991f_90d3_6d6e,
            0xd680_9ac8_d94a_4a11,
            0xacb5_04f6_ee1d_f7aa,
            0x0200_0ee0_2bae_e85c,
        ]),
    },
    // UNIVERSAL_DEPLOYER
    Predeploy {
        address: Word([
            0x2d86_f5d0_660e_59c0,
            0x24a9_f78d_cdd3_272f,
            0x0000_0000_1b92_6fbb,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0x0cd8_a78b_f615_850d,
            0xe270_d904_6d78_0209,
            0xa08d_f6e3_dcda_1f58,
            0x9723_946f_8683_ec5f,
        ]),
        code_hash: Word([
            0xd767_58a2_24d3_4e7d,
            0xe4ae_12d2_fa66_a427,
            0x96b2_68db_a258_e025,
            0x0200_0099_2c29_47f5,
        ]),
    },
    // CREATEX
    Predeploy {
        address: Word([
            0xdc13_05d3_c28b_a5ed,
            0x633d_3b31_3e4d_5f7b,
            0x0000_0000_ba5e_d099,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0xf170_54e2_f2da_f22f,
            0x402a_d306_1475_b088,
            0xb9db_3b5a_23c5_7d56,
            0x12ec_8615_79b6_3a3a,
        ]),
        code_hash: Word([
            0x6033_6f76_dbaf_3c79,
            0x9eb1_bc95_4312_1ae9,
            0x6472_ed3f_5a29_e6b2,
            0x0200_2e3e_ce4e_b137,
        ]),
    },
    // SAFE_V_1_0_0_PROXY_FACTORY
    Predeploy {
        address: Word([
            0x415f_c226_c078_613c,
            0xc02f_f509_39ba_aaaf,
            0x0000_0000_1230_2fe9,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0x46c1_4e2e_dfea_3bf6,
            0xf766_1a82_6928_ed9a,
            0x0ab8_ef10_0d10_2719,
            0xbcac_fea0_a55d_c039,
        ]),
        code_hash: Word([
            0xcb86_d9e9_9bb8_a101,
            0x289c_a278_7d82_f483,
            0x9f9f_14b7_406d_60eb,
            0x0200_08c4_f027_9eb4,
        ]),
    },
    // SAFE_V_1_0_0_MASTER_COPY
    Predeploy {
        address: Word([
            0x8012_feeb_05bd_a35a,
            0xb2c5_1d09_a50b_53ca,
            0x0000_0000_b602_9ea3,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0xce4a_f482_d608_0220,
            0x515c_d5e9_ecd2_deb4,
            0x2f55_2d14_b853_fc6e,
            0x97b9_ea93_2e09_9f63,
        ]),
        code_hash: Word([
            0x1849_5686_a7db_4dec,
            0xe549_80ec_0671_8182,
            0xf407_10b2_65a7_26a3,
            0x0200_5e93_b66a_5362,
        ]),
    },
    // SAFE_V_1_1_1_PROXY_FACTORY
    Predeploy {
        address: Word([
            0xf478_8f01_1686_1f9b,
            0xf5fa_8f6a_5b3f_c4c8,
            0x0000_0000_76e2_cfc1,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0x36c3_4831_f53e_2fc4,
            0x4dab_76cd_12a6_206d,
            0x4d71_1ccb_053f_33cf,
            0xdc98_6293_6dcc_ef7f,
        ]),
        code_hash: Word([
            0x9946_b7a3_0862_0d4c,
            0xa437_ef26_e843_a66a,
            0x7e92_b698_ac1f_f0b7,
            0x0200_0f73_eadf_d3b8,
        ]),
    },
    // SAFE_V_1_1_1_MASTER_COPY
    Predeploy {
        address: Word([
            0x9422_7e35_83fe_3f5f,
            0x6f30_1356_faa8_b21e,
            0x0000_0000_34cf_ac64,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0xcd80_b941_d28d_e36e,
            0xa380_8a74_6a69_f712,
            0xaf3f_11c4_8a59_0eaf,
            0x3da4_b71b_70c7_3554,
        ]),
        code_hash: Word([
            0xf76e_38d5_2f5d_232a,
            0x523d_0b4b_4f87_e3a5,
            0x252a_1b26_b548_3528,
            0x0200_5de8_d155_206e,
        ]),
    },
    // SAFE_V_1_2_0_MASTER_COPY
    Predeploy {
        address: Word([
            0x3624_5e5b_c78b_0185,
            0xfafd_08c0_295c_3924,
            0x0000_0000_6851_d6fd,
            0x0000_0000_0000_0000,
        ]),
        input_hash: Word([
            0x7ce3_0902_4b92_66a7,
            0x6c1d_128d_e42f_ca40,
            0x5695_010b_5106_ea00,
            0x502b_90a6_c8b2_e400,
        ]),
        code_hash: Word([
            0xceab_8fe1_4ce2_7d52,
            0x6e47_cdbf_0824_bcc3,
            0xaa60_3948_a4d3_b6b5,
            0x0200_5f5a_8033_76f8,
        ]),
    },
];

pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    const DEPLOY: Selector = selector("deployPredeployedContract(address,bytes)");
    let calldata = cx.calldata()?;
    let Some((DEPLOY, data)) = split_selector(&calldata) else { return Err(Failure::EMPTY) };
    cx.not_payable()?;
    let arguments = Arguments::new(data, 2)?;
    deploy(cx, &arguments.word(0)?, &arguments)
}

fn deploy(cx: &mut Context<'_>, place: &Word, arguments: &Arguments<'_>) -> Result<Step, Failure> {
    const INVALID: Selector = selector("InvalidInput()");
    const MISMATCH: Selector = selector("HashMismatch(bytes32,bytes32)");
    let (address, input) = (arguments.address(0)?, arguments.bytes(1)?);
    only_with_evm(cx)?;
    let input_hash = cx.keccak(&[input])?;
    let predeploy = PREDEPLOYS.iter().find(|predeploy| predeploy.address == *place);
    let Some(predeploy) = predeploy.filter(|predeploy| predeploy.input_hash == input_hash) else {
        return Err(error(INVALID, &[]));
    };
    if raw_code_hash(cx, &address)? == predeploy.code_hash {
        return Ok(Step::done());
    }
    // Only the kind of the code matters: it is deployed by running the input.
    let mut hash = [0; 32];
    hash[0] = VersionedHash::BLOB;
    let deployment = ForceDeployment {
        hash: Word::from_be_bytes(&hash),
        address,
        calls_constructor: true,
        value: Word::ZERO,
        input: input.to_vec(),
    };
    let call = Call::new(CONTRACT_DEPLOYER, Data::Bytes(force_deploy(&[deployment])));
    Ok(Step::call_through(call, move |cx, _| {
        let found = raw_code_hash(cx, &address)?;
        if found != predeploy.code_hash {
            return Err(error(MISMATCH, &[predeploy.code_hash, found]));
        }
        Ok(Step::done())
    }))
}
