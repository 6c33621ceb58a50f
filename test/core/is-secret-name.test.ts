import { expect, test } from "vitest";
import { isSecretName } from "../../src/core/is-secret-name.ts";

test.each([
  ...["pwd", "PWD", "auth", "proxyAuth", "basic_auth", "cookie", "Set-Cookie", "isb_pass", "isbPass", "ISB-PASS"],
  ...["signature", "authorization", "Authorization", "x-amz-signature", "X-Amz-Signature", "xAmzSignature", "session"],
  ...["sessionId", "aws_session_token", "password", "dbPasswd", "passphrase", "clientSecret", "clientsecret", "apiKey"],
  ...["api_key", "X-API-Key", "apikey", "accessKeyId", "SSECustomerKey", "private-key", "tokens", "GQL_AUTH_TOKEN"],
  ...[
    "credentials",
    "bearer",
    "jwt",
    "sig",
    "auth_key",
    "sessionid",
    "sshKey",
    "userSession",
    "masterKey",
    "pass_1_pwd",
  ],
  ...["XDG_SESSION_COOKIE", "JSESSIONID", "db_pass_2", "accountKey"],
])("a secret stands under %s", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each([
  ...["author", "authors", "authority", "passes", "passNumber", "pass_count", "bandPass", "band_pass", "compass"],
  ...["bypass", "keyboard", "key", "primary_key", "objectKey", "routing_key", "publicKey", "tokens_used", "token_type"],
  ...["token_url", "authUrl", "signatureVersion", "cookiecutter", "obsession", "design", "sign", "tokenizer", "", "-"],
  ...[
    "GPG_KEY",
    "ssh_public_key",
    "foreign_key",
    "app_keyboard",
    "session_manager",
    "password_file",
    "path",
    "PATTERN",
  ],
  ...["pass_1", "tokenizer", "maskey"],
])("none stands under '%s'", (name) => {
  expect(isSecretName(name)).toBe(false);
});
