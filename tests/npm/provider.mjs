// An independent OpenID provider, unmodified, with its own pages for signing in; whoever has "unverified" in their name has no
// verified address. Started as: node provider.mjs PORT CLIENT SECRET CALLBACK
import Provider from "oidc-provider";

const [port, client_id, client_secret, callback] = process.argv.slice(2);

const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id, client_secret, redirect_uris: [callback], response_types: ["code"] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: `subject-of-${id}`,
      name: `${id} Vouched`,
      email: `${id}@team.example`,
      email_verified: !id.includes("unverified"),
    }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ["a key of a test"] },
});

provider.listen(Number(port), "localhost", () => console.log("listening"));
