import { expect, test } from "vitest";
import { isSecretName } from "../../src/core/is-secret-name.ts";

test.each([
  ...["pwd", "PWD", "auth", "proxyAuth", "basic_auth", "cookie", "Set-Cookie", "isb_pass", "isbPass", "ISB-PASS"],
  ...["signature", "authorization", "Authorization", "x-amz-signature", "X-Amz-Signature", "xAmzSignature", "session"],
  ...["sessionId", "aws_session_token", "password", "dbPasswd", "passphrase", "clientSecret", "clientsecret", "apiKey"],
  ...["api_key", "X-API-Key", "apikey", "accessKeyId", "SSECustomerKey", "private-key", "tokens", "GQL_AUTH_TOKEN"],
  ...["credentials", "bearer", "jwt", "sig"],
])("a secret stands under %s", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each([
  ...["author", "authors", "authority", "passes", "passNumber", "pass_count", "bandPass", "band_pass", "compass"],
  ...["bypass", "keyboard", "key", "primary_key", "objectKey", "routing_key", "publicKey", "tokens_used", "token_type"],
  ...["token_url", "authUrl", "signatureVersion", "cookiecutter", "obsession", "design", "sign", "tokenizer", "", "-"],
])("none stands under '%s'", (name) => {
  expect(isSecretName(name)).toBe(false);
});
