// A real OpenID Connect provider (oidc-provider, certified) on loopback, for the tests. Its own pages take any name and
// any password; the name is the e-mail address. Arguments: port, and the address to come back to.
import Provider from "oidc-provider";

const [port, callback] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const provider = new Provider(issuer, {
  clients: [
    { client_id: "atrium", client_secret: "a secret between the two", redirect_uris: [callback] },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: true, name: id }),
  }),
});
provider.listen(Number(port), "localhost", () => console.log(issuer));
