// Runs node-quickbooks, unchanged but for its addresses, against a running pretend QuickBooks.
//
//   npm install --no-package-lock
//   python -m qbo_emulator --port 8900 > hello.json &
//   node node_quickbooks.mjs hello.json
//
// Prints one line per step; ends with exit code 1 at the first step that fails.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { pathToFileURL } from "node:url";
import path from "node:path";

const home = process.env.CLIENTS_HOME ?? path.dirname(new URL(import.meta.url).pathname);
const QuickBooks = createRequire(pathToFileURL(path.join(home, "package.json")))("node-quickbooks");

const hello = JSON.parse(readFileSync(process.argv[2], "utf8").split("\n")[0]);
const company = hello.companies[0];

QuickBooks.V3_ENDPOINT_BASE_URL = `${hello.url}/v3/company/`;
QuickBooks.TOKEN_URL = `${hello.url}/oauth2/v1/tokens/bearer`;
QuickBooks.REVOKE_URL = `${hello.url}/v2/oauth2/tokens/revoke`;

const client = new QuickBooks(
  hello.client_id,
  hello.client_secret,
  company.access_token,
  false,
  company.realm_id,
  true,
  false,
  null,
  "2.0",
  company.refresh_token,
);

const call = (name, ...given) => promisify(client[name].bind(client))(...given);
const refused = async (name, ...given) => {
  try {
    await call(name, ...given);
  } catch (problem) {
    const fault = problem.response?.data?.Fault ?? problem.Fault;
    assert.ok(fault, `${name} failed without a fault: ${problem}`);
    return fault.Error[0].code;
  }
  throw new Error(`${name} was not refused`);
};

let count = 0;
const step = async (title, act) => {
  await act();
  count += 1;
  console.log(`ok ${count} ${title}`);
};

const unique = (what) => `${what} ${process.pid} ${(unique.number = (unique.number ?? 0) + 1)}`;
const account = async (subtype) =>
  (await call("findAccounts", { AccountSubType: subtype })).QueryResponse.Account[0].Id;
const first = async (find, name) => (await call(find, { limit: 1 })).QueryResponse[name][0];

const bank = await account("Checking");
const card = await account("CreditCard");
const spent = await account("Utilities");
const savings = await account("Savings");
const vendor = await first("findVendors", "Vendor");
const employee = await first("findEmployees", "Employee");
const service = (await call("findItems", { Name: "Services" })).QueryResponse.Item[0];
const customer = await call("createCustomer", { DisplayName: unique("Node customer") });

const salesLine = (amount = 100) => ({
  Amount: amount,
  DetailType: "SalesItemLineDetail",
  SalesItemLineDetail: { ItemRef: { value: service.Id } },
});
const expenseLine = (amount = 80) => ({
  Amount: amount,
  DetailType: "AccountBasedExpenseLineDetail",
  AccountBasedExpenseLineDetail: { AccountRef: { value: spent } },
});
const form = (amount) => ({ CustomerRef: { value: customer.Id }, Line: [salesLine(amount)] });
const purchase = () => ({ VendorRef: { value: vendor.Id }, Line: [expenseLine()] });
const side = (type, value) => ({
  Amount: 12.5,
  DetailType: "JournalEntryLineDetail",
  JournalEntryLineDetail: { PostingType: type, AccountRef: { value } },
});

// entity, a body for it, a property to change, and how it leaves
const entities = [
  ["Account", () => ({ Name: unique("Node account"), AccountType: "Bank" }), { Description: "Till" }, "inactive"],
  ["Bill", purchase, { PrivateNote: "n" }, "delete"],
  ["Class", () => ({ Name: unique("Node class") }), { Name: unique("Node class") }, "inactive"],
  ["CreditMemo", form, { PrivateNote: "n" }, "delete"],
  ["Customer", () => ({ DisplayName: unique("Node customer") }), { Notes: "n" }, "inactive"],
  ["Department", () => ({ Name: unique("Node place") }), { Name: unique("Node place") }, "inactive"],
  [
    "Deposit",
    () => ({
      DepositToAccountRef: { value: bank },
      Line: [{ Amount: 20, DetailType: "DepositLineDetail", DepositLineDetail: { AccountRef: { value: savings } } }],
    }),
    { PrivateNote: "n" },
    "delete",
  ],
  ["Employee", () => ({ GivenName: unique("Node"), FamilyName: "Worker" }), { EmployeeNumber: "7" }, "inactive"],
  ["Estimate", form, { TxnStatus: "Accepted" }, "delete"],
  ["Invoice", form, { PrivateNote: "n" }, "delete"],
  [
    "Item",
    () => ({ Name: unique("Node item"), Type: "Service", IncomeAccountRef: { value: service.IncomeAccountRef.value } }),
    { Description: "n" },
    "inactive",
  ],
  ["JournalEntry", () => ({ Line: [side("Debit", bank), side("Credit", savings)] }), { PrivateNote: "n" }, "delete"],
  ["Payment", () => ({ CustomerRef: { value: customer.Id }, TotalAmt: 10 }), { PrivateNote: "n" }, "delete"],
  ["PaymentMethod", () => ({ Name: unique("Node way") }), { Type: "CREDIT_CARD" }, "inactive"],
  [
    "Purchase",
    () => ({ PaymentType: "CreditCard", AccountRef: { value: card }, Line: [expenseLine()] }),
    { PrivateNote: "n" },
    "delete",
  ],
  ["PurchaseOrder", purchase, { Memo: "n" }, "delete"],
  ["RefundReceipt", () => ({ ...form(), DepositToAccountRef: { value: bank } }), { PrivateNote: "n" }, "delete"],
  ["SalesReceipt", form, { PrivateNote: "n" }, "delete"],
  ["Term", () => ({ Name: unique("Node term"), DueDays: 4 }), { DueDays: 5 }, "inactive"],
  [
    "TimeActivity",
    () => ({ NameOf: "Employee", EmployeeRef: { value: employee.Id }, Hours: 2, Minutes: 30 }),
    { Description: "n" },
    "delete",
  ],
  [
    "Transfer",
    () => ({ FromAccountRef: { value: bank }, ToAccountRef: { value: savings }, Amount: "120.00" }),
    { Amount: 130 },
    "delete",
  ],
  ["Vendor", () => ({ DisplayName: unique("Node vendor") }), { AcctNum: "77" }, "inactive"],
  ["VendorCredit", purchase, { PrivateNote: "n" }, "delete"],
];

for (const [name, body, change, way] of entities) {
  await step(`${name}: create, read, find, count, update, ${way}`, async () => {
    const made = await call(`create${name}`, body());
    assert.equal(made.SyncToken, "0");
    assert.equal((await call(`get${name}`, made.Id)).Id, made.Id);
    const find = `find${client.pluralize(name)}`;
    const found = await call(find, [{ field: "Id", value: made.Id, operator: "=" }]);
    assert.equal(found.QueryResponse[name][0].Id, made.Id);
    assert.ok((await call(find, { count: true })).QueryResponse.totalCount >= 1);
    const all = await call(find, { fetchAll: true, limit: 50, asc: "Id" });
    assert.ok(all.QueryResponse[name].some((row) => row.Id === made.Id));
    const changed = await call(`update${name}`, { Id: made.Id, SyncToken: "0", ...change });
    const [property] = Object.keys(change);
    assert.deepEqual([changed[property], changed.SyncToken], [change[property], "1"]);
    assert.equal(await refused(`update${name}`, { Id: made.Id, SyncToken: "0", ...change }), "5010");
    if (way === "delete") {
      const gone = await call(`delete${name}`, made.Id);
      assert.equal(gone[name].status, "Deleted");
      assert.equal(await refused(`get${name}`, made.Id), "610");
    } else {
      const inactive = await call(`update${name}`, { Id: made.Id, SyncToken: "1", Active: false });
      assert.equal(inactive.Active, false);
    }
  });
}

await step("BillPayment: pays a bill, is deleted", async () => {
  const bill = await call("createBill", purchase());
  const paid = await call("createBillPayment", {
    VendorRef: bill.VendorRef,
    PayType: "Check",
    CheckPayment: { BankAccountRef: { value: bank } },
    TotalAmt: 80,
    Line: [{ Amount: 80, LinkedTxn: [{ TxnId: bill.Id, TxnType: "Bill" }] }],
  });
  const settled = await call("getBill", bill.Id);
  assert.deepEqual([settled.Balance, settled.LinkedTxn[0].TxnType], [0, "BillPaymentCheck"]);
  await call("deleteBillPayment", paid.Id);
  assert.equal((await call("getBill", bill.Id)).Balance, 80);
});

await step("Invoice and Payment: void", async () => {
  const invoice = await call("createInvoice", form());
  const line = { Amount: 100, LinkedTxn: [{ TxnId: invoice.Id, TxnType: "Invoice" }] };
  const payment = await call("createPayment", { CustomerRef: invoice.CustomerRef, TotalAmt: 100, Line: [line] });
  assert.equal(await refused("voidInvoice", { Id: invoice.Id, SyncToken: "1" }), "6450");
  await call("voidPayment", { Id: payment.Id, SyncToken: payment.SyncToken, sparse: true });
  const voided = await call("voidInvoice", invoice.Id);
  assert.equal(voided.Invoice.PrivateNote, "Voided");
});

for (const name of ["Estimate", "Invoice", "CreditMemo", "SalesReceipt"]) {
  await step(`${name}: PDF and mail`, async () => {
    const made = await call(`create${name}`, form());
    const pdf = await call(`get${name}Pdf`, made.Id);
    assert.equal(Buffer.from(pdf).subarray(0, 4).toString(), "%PDF");
    const sent = await call(`send${name}Pdf`, made.Id, "someone@example.test");
    assert.deepEqual([sent.EmailStatus, sent.BillEmail.Address], ["EmailSent", "someone@example.test"]);
  });
}

await step("PurchaseOrder: mail", async () => {
  const made = await call("createPurchaseOrder", purchase());
  const sent = await call("sendPurchaseOrder", made.Id, "someone@example.test");
  assert.equal(sent.POEmail.Address, "someone@example.test");
});

await step("Attachable: note, upload with a link, find, delete", async () => {
  const note = await call("createAttachable", { Note: "Read me" });
  assert.equal((await call("updateAttachable", { Id: note.Id, SyncToken: "0", Note: "Again" })).Note, "Again");
  const invoice = await call("createInvoice", form());
  const content = Buffer.from([0, 13, 10, 255, 10, 45, 45]);
  const file = await call("upload", "a.bin", "application/octet-stream", Readable.from([content]), "Invoice", invoice.Id);
  assert.deepEqual([file.Size, file.AttachableRef[0].EntityRef.value], [content.length, invoice.Id]);
  const fetched = Buffer.from(await (await fetch(file.TempDownloadUri)).arrayBuffer());
  assert.deepEqual(fetched, content);
  const found = await call("findAttachables", [
    { field: "AttachableRef.EntityRef.Type", value: "invoice" },
    { field: "AttachableRef.EntityRef.value", value: invoice.Id },
  ]);
  assert.equal(found.QueryResponse.Attachable[0].Id, file.Id);
  await call("deleteAttachable", file.Id);
  assert.equal((await fetch(file.TempDownloadUri)).status, 403);
});

await step("TaxAgency, TaxService, and the lists that are only read", async () => {
  const agency = await call("createTaxAgency", { DisplayName: unique("Node agency") });
  const name = unique("Node tax");
  const rate = { TaxRateName: name, RateValue: 7, TaxAgencyId: agency.Id, TaxApplicableOn: "Sales" };
  const made = await call("createTaxService", { TaxCode: name, TaxRateDetails: [rate] });
  assert.equal((await call("getTaxCode", made.TaxCodeId)).Name, name);
  assert.equal((await call("getTaxRate", made.TaxRateDetails[0].TaxRateId)).RateValue, 7);
  for (const find of ["findBudgets", "findCustomerTypes", "findTaxCodes", "findTaxRates", "findTaxAgencies"]) {
    assert.ok((await call(find, {})).QueryResponse.maxResults >= 1, find);
  }
  assert.ok((await call("getCompanyInfo", company.realm_id)).CompanyName);
  assert.equal((await call("getPreferences")).CurrencyPrefs.HomeCurrency.value, "USD");
});

await step("query: LIKE, IN, order, quotes", async () => {
  const named = await call("createCustomer", { DisplayName: unique("O'Node & Sons") });
  const found = await call("findCustomers", [
    { field: "DisplayName", value: "O'Node%", operator: "LIKE" },
    { field: "Id", value: [named.Id, customer.Id], operator: "IN" },
  ]);
  assert.deepEqual(found.QueryResponse.Customer.map((row) => row.Id), [named.Id]);
  const latest = await call("findInvoices", { desc: "MetaData.LastUpdatedTime", limit: 3 });
  assert.equal(latest.QueryResponse.Invoice.length, 3);
});

await step("batch and change data capture", async () => {
  const since = new Date(Date.now() - 60_000);
  const answer = await call("batch", [
    { bId: "1", operation: "create", Vendor: { DisplayName: unique("Node vendor") } },
    { bId: "2", operation: "delete", Bill: { Id: "999999", SyncToken: "0" } },
    { bId: "3", Query: "select * from Bill maxresults 1" },
  ]);
  const [made, missing, asked] = answer.BatchItemResponse;
  assert.equal(missing.Fault.Error[0].code, "610");
  assert.equal(asked.QueryResponse.maxResults, 1);
  const changes = await call("changeDataCapture", ["Vendor", "Bill"], since.toISOString());
  const [vendors] = changes.CDCResponse[0].QueryResponse;
  assert.ok(vendors.Vendor.some((row) => row.Id === made.Vendor.Id));
});

await step("refresh, and calls with the new token", async () => {
  const fresh = await call("refreshAccessToken");
  assert.equal(fresh.expires_in, 3600);
  assert.ok((await call("getCustomer", customer.Id)).Id);
});

await step("revoke, and the refusal after it", async () => {
  await call("revokeAccess", true);
  await assert.rejects(call("getCustomer", customer.Id), (problem) => problem.response.status === 401);
});

console.log(`all ${count} steps passed`);
