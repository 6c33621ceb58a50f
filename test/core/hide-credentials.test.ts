import { describe, expect, test } from "vitest";
import { credentialsIn, hideCredentials } from "../../src/core/hide-credentials.ts";

describe("of a text is hidden", () => {
  test.each([
    ["the password of a URL", "no nats://user:hush@bus today", "no nats://user:[secret]@bus today"],
    ["that of any scheme", "smtp+tls://:hush@h:1/2", "smtp+tls://:[secret]@h:1/2"],
    [
      "one that was not encoded",
      "nats://guest:hu/s?h@h@bus:5672/v and me@x",
      "nats://guest:[secret]@bus:5672/v and me@x",
    ],
    ["each of several", "a://u:hush@h,b://u2:hush@h2", "a://u:[secret]@h,b://u2:[secret]@h2"],
    ["that of a URL behind another", "valkey://h:6379,valkey://:hush@h2", "valkey://h:6379,valkey://:[secret]@h2"],
    ["a user of the web without a password", "https://hush@git.example/x", "https://[secret]@git.example/x"],
    [
      "what stands in a query under a secret's name",
      "https://o/a?api_key=hush&x=1&X-Amz-Signature=hush",
      "https://o/a?api_key=[secret]&x=1&X-Amz-Signature=[secret]",
    ],
    ["what stands behind #", "https://o/#access_token=hush", "https://o/#access_token=[secret]"],
    ["a header", "authorization: Bearer hush.hush", "authorization: Bearer [secret]"],
    ["one in JSON", '{"Authorization":"Basic aHVzaA==","x":1}', '{"Authorization":"Basic [secret]","x":1}'],
    [
      "one of S3",
      "Authorization: AWS4-HMAC-SHA256 Credential=hush/x, SignedHeaders=a;b, Signature=hush",
      "Authorization: AWS4-HMAC-SHA256 [secret]",
    ],
    ["a password with an apostrophe", "postgres://app:it's-hush-7@db/x", "postgres://app:[secret]@db/x"],
    ["one in quotes", "'postgres://app:it's-hush-7@db/x', 'a'", "'postgres://app:[secret]@db/x', 'a'"],
    ["one that ends with an apostrophe", "postgres://app:hush'@db/x", "postgres://app:[secret]@db/x"],
    [
      "a query value with an apostrophe",
      "get('https://o/?token=it's-hush&x=1')",
      "get('https://o/?token=[secret]&x=1')",
    ],
    [
      "one at the end of quotes",
      "{ url: 'https://o/?token=hush', x: 1 }",
      "{ url: 'https://o/?token=[secret]', x: 1 }",
    ],
    [
      "headers as Node prints them",
      "{ authorization: [ 'Bearer hush.1' ] }",
      "{ authorization: [ 'Bearer [secret]' ] }",
    ],
    ["such of one word", "{ authorization: [ 'hushhush' ] }", "{ authorization: [ '[secret]' ] }"],
    ["raw headers", "[ 'Authorization', 'Bearer hush', 'x', 'y' ]", "[ 'Authorization', 'Bearer [secret]', 'x', 'y' ]"],
    ["raw headers in JSON", '["authorization","hush-hush","x"]', '["authorization","[secret]","x"]'],
    [
      "headers in JSON in JSON",
      '{\\"authorization\\":[\\"Bearer hush\\"]}',
      '{\\"authorization\\":[\\"Bearer [secret]\\"]}',
    ],
    ["a token by itself", "refused: bearer abcdefghijkl.", "refused: bearer [secret]"],
    ["that of a connection string", "host=db password=hush dbname=x", "host=db password=[secret] dbname=x"],
    ["one at its beginning", "password=hush host=db", "password=[secret] host=db"],
    ["one in quotes that has blanks", "user=me password='hu sh\\'s h' host=db", "user=me password=[secret] host=db"],
    [
      "the key of one of Azure",
      "AccountKey=aHVzaA==;AccountName=x;EndpointSuffix=core",
      "AccountKey=[secret];AccountName=x;EndpointSuffix=core",
    ],
    [
      "the one behind another",
      "Endpoint=sb://n/;SharedAccessKeyName=x;SharedAccessKey=hu/sh+h=;EntityPath=q",
      "Endpoint=sb://n/;SharedAccessKeyName=x;SharedAccessKey=[secret];EntityPath=q",
    ],
    ["the password of one of ODBC", "PWD={hu;sh};UID=me", "PWD=[secret];UID=me"],
    [
      "one behind other pairs",
      "Driver={ODBC Driver 18};Server=h;Uid=u;Pwd={hu sh; hush};Database=d",
      "Driver={ODBC Driver 18};Server=h;Uid=u;Pwd=[secret];Database=d",
    ],
    ["one with a brace", "Server=h;Pwd={hu sh}} hush};Database=d", "Server=h;Pwd=[secret];Database=d"],
    ["one with #", "Server=h;Password=hu#sh;Database=d", "Server=h;Password=[secret];Database=d"],
    ["one with &", "Server=h;Password=hu&sh;Database=d", "Server=h;Password=[secret];Database=d"],
    ["one with a blank", "Server=h;Password=hu sh;Database=d", "Server=h;Password=[secret];Database=d"],
    ["no word behind one", "Server=h;Password=hush is wrong", "Server=h;Password=[secret] is wrong"],
    [
      "that of a JAAS line",
      'ScramLoginModule required username="me" password="hu sh";',
      'ScramLoginModule required username="me" password=[secret];',
    ],
    ["one with other signs", "password=a(b)c,d&e=<it's>f; x=1", "password=[secret]; x=1"],
    ["one with a quote", 'Password=my"hush Host=h', "Password=[secret] Host=h"],
    ["one with quotes", 'Server=h;Password=my"hush"hush;Database=d', "Server=h;Password=[secret];Database=d"],
    ["one with a quote and a blank", 'Server=h;Password=my "hush;Database=d', "Server=h;Password=[secret];Database=d"],
    ["one with a backslash", "Password=my\\hush\\\\hush Host=h", "Password=[secret] Host=h"],
    ["one with both in JSON", '{"dsn":"Password=my\\\\hush\\"hush","x":"y"}', '{"dsn":"Password=[secret]","x":"y"}'],
    [
      "one with both in JSON in JSON",
      '{"a":"{\\"dsn\\":\\"Password=my\\\\\\"hush\\",\\"x\\":1}"}',
      '{"a":"{\\"dsn\\":\\"Password=[secret]\\",\\"x\\":1}"}',
    ],
    ["one in an attribute", '<a title="Password=my"hush">x</a>', '<a title="Password=[secret]">x</a>'],
    ["one before words in quotes", 'Password=hush "host"', 'Password=[secret] "host"'],
    ["that of one in JSON", '{"dsn": "password=hush host=db"}', '{"dsn": "password=[secret] host=db"}'],
    ["user and password by themselves", "sent Basic bWU6aHVzaA== to it", "sent Basic [secret] to it"],
  ])("%s", (_, text, told) => {
    expect(hideCredentials(text)).toBe(told);
    expect(hideCredentials(told)).toBe(told);
  });
});

test.each([
  "http://host:8080",
  "http://host:80/a@b",
  "http://[::1]:80/x@y",
  "see http://host:80 or write to me@x",
  "ssh://git@host/x",
  "nats://guest@bus",
  "https://o/a?key=1&author=me&page=2",
  "no authorization: it failed",
  "TASK=DARK; a=b",
  "['http://h:80','x@y']",
  "no authorization, something failed",
  'www-authenticate: Bearer realm="observatory", error="invalid_token"',
  "a bearer token, Bearer authentication, the bearer of it",
  "Basic authentication and basic settings",
  "PWD=/data/me OLDPWD=/tmp",
  '{"a": "password=", "b": "secret=", "c": ""}',
  "SharedAccessKeyName=x;AccountName=y",
  "primary_key=id, keyword=a, tokens=7",
])("%s is left as it is", (text) => {
  expect(hideCredentials(text)).toBe(text);
  expect([...credentialsIn(text)]).toEqual([]);
});

test("what is hidden of a connection string is told to who searches for it elsewhere, without its quotes", () => {
  const found = (text: string) => [...new Set(credentialsIn(text))];
  expect(found("host=db password=hush user=x")).toEqual(["hush"]);
  expect(found('host=db password=my"hu\\sh user=x')).toEqual(['my"hu\\sh']);
  expect(found("host = db password = 'hu sh\\'s' user = x")).toEqual(["hu sh's"]);
  expect(found("Server=db;Pwd={my hu}}sh};User=x")).toContain("my hu}sh");
  expect(found("Server=db;Password=my hush word;User=x")).toContain("my hush word");
  expect(found("AccountName=x;AccountKey=aHVzaA==;EndpointSuffix=core")).toEqual(["aHVzaA=="]);
  expect(found("Endpoint=sb://n/;SharedAccessKeyName=x;SharedAccessKey=hu/sh+h=")).toContain("hu/sh+h=");
});

test("what is hidden of a URL is told to who searches for it elsewhere, also decoded", () => {
  expect(new Set(credentialsIn("nats://u:a%2Fb@h https://h?token=c%2Bd"))).toEqual(
    new Set(["a%2Fb", "a/b", "c%2Bd", "c+d"]),
  );
});

/** Any of them is a matter of minutes where an expression looks twice at a stretch, and of an overflow where it remembers each character. */
test.each([
  ["a", " http://u:hush@h"],
  ["a.", " http://u:hush@h"],
  ["://", ""],
  ["http://a:", ""],
  ["http://a:'", ""],
  [":", "", "://a"],
  ["'", "", "http://a:"],
  ["a", "", "password="],
  ["password={", ""],
  ["={", "", "password={"],
  ["}}", "", "password={"],
  ["\\a", "", 'password="'],
  ["''", "", "password='"],
  ["\\'", "", "password='"],
  ["password=''x", ""],
  ["\\", "", "password=a"],
  ["\\x", "", "password=a"],
  ['"', "", "password=a"],
  ['"x', "", ";password=a"],
  ['\\"x', "", ";password=a"],
  ["password=a\\", ""],
  ['password=a"', ""],
  ['password=\\"a', ""],
  ["&token=", "="],
  [" ", "=", "password"],
  [" ", "", "authorization:"],
  ["bearer a=", ""],
])("a line of nothing but %j is read once", (part, end, begin = "") => {
  const line = begin + part.repeat(4e6 / part.length) + end;
  expect(hideCredentials(line).includes("hush")).toBe(false);
  let longest = 0;
  for (const { length } of credentialsIn(line)) longest = Math.max(longest, length);
  expect(longest).toBeLessThan(line.length);
});
