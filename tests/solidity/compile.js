// Compiles the contracts of this folder to contracts.json: see README.md.
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const names = ["Token.sol", "Pair.sol", "Scenario.sol", "Workloads.sol"];
const read = (name) => fs.readFileSync(path.join(__dirname, name), "utf8");
const input = {
    language: "Solidity",
    sources: Object.fromEntries(names.map((name) => [name, { content: read(name) }])),
    settings: {
        evmVersion: "cancun",
        optimizer: { enabled: true, runs: 200 },
        metadata: { bytecodeHash: "none", appendCBOR: false },
        outputSelection: {
            "*": { "*": ["evm.bytecode.object", "evm.deployedBytecode.object", "evm.methodIdentifiers"] },
        },
    },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
for (const error of output.errors ?? []) console.error(error.formattedMessage);
const contracts = {};
for (const file of names) {
    for (const [name, { evm }] of Object.entries(output.contracts[file])) {
        contracts[name] = {
            creation: evm.bytecode.object,
            runtime: evm.deployedBytecode.object,
            functions: evm.methodIdentifiers,
        };
    }
}
const text = JSON.stringify({ compiler: solc.version(), contracts }, null, 2);
fs.writeFileSync(path.join(__dirname, "contracts.json"), text + "\n");
