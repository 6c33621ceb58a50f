import type { Command, CommandTable } from "./command.ts";
import { commands } from "./commands.ts";
import { exitCodes } from "./exit-code.ts";
import { argumentTexts, synopsis } from "./render/usage.ts";

/** The reference of the command line as Markdown, made from the commands' own definitions. */
export async function cliReference(): Promise<string> {
  const sections: string[] = [];
  for await (const command of allCommands(commands)) {
    const { positionals, flags } = argumentTexts(command.args);
    sections.push(
      [
        `## \`firstlight ${command.name}\``,
        command.description,
        `\`\`\`sh\n${synopsis(command)}\n\`\`\``,
        [
          "| argument | what it does |",
          "|---|---|",
          ...[...positionals, ...flags].map(([name, says]) => `| \`${name}\` | ${cell(says)} |`),
        ].join("\n"),
        `\`\`\`sh\n${command.examples.map((example) => `# ${example.shows}\n${example.command}`).join("\n")}\n\`\`\``,
      ].join("\n\n"),
    );
  }
  return [intro, ...sections, documents].join("\n\n").concat("\n");
}

async function* allCommands(table: CommandTable): AsyncIterable<Command> {
  for (const entry of Object.values(table)) {
    if ("load" in entry) yield await entry.load();
    else yield* allCommands(entry.commands);
  }
}

const intro = `# The \`firstlight\` command

Written by \`npm run docs\` from the commands' own definitions; do not edit.

Results go to standard output; progress, log lines and errors go to standard error. On a terminal progress is drawn in place; elsewhere
it is plain lines. \`NO_COLOR\` takes the colours away, \`FORCE_COLOR\` gives them to a file.

| exit code | when |
|---|---|
| ${exitCodes.done} | done |
| ${exitCodes.failed} | something that was asked for rightly failed: a task, a frame, a service |
| ${exitCodes.usage} | it was asked for wrongly: an argument, a setting, a file that is no workflow |
| ${exitCodes.hungUp} | stopped as its terminal was closed (SIGHUP); the same command again goes on from there |
| ${exitCodes.interrupted} | stopped by Ctrl-C, likewise |
| ${exitCodes.terminated} | stopped by SIGTERM, likewise |

Settings come from the environment and from a file \`.env\` in the current folder, where the real environment wins. Of the log, lines
from \`LOGURU_LEVEL\` on are shown where that is set, else warnings and errors; off a terminal each is one JSON object. \`LOGURU_LEVEL=DEBUG\` adds the stack to an error.`;

const documents = `## \`--json\`

One JSON document on standard output, whatever happens. Names and types of what is listed here do not change within a major version;
more may come. \`[]\` is an array, and what has a \`?\` may be missing.

| command | document |
|---|---|
| \`run\` | \`recipeRunId workflow version status createdAt updatedAt input output framesIn framesOut datasetId objectStore products[] tasks[] resumed elapsedMs\`, \`scratch\` of \`folder exists\`, \`inputFiles\` of \`frames otherFiles sizeBytes\` |
| \`plan\` | \`workflow version recipeRunId input output removed[]? isScratchGone?\`, \`inputFiles\` of \`frames otherFiles sizeBytes\`, \`drivers[]\` of \`service driver because\`, \`tasks[]\` of \`task after[] queue retries retryDelaySeconds uses[] attempts action reasons[]\`, \`runner?\` of \`host pid started since\` |
| \`inspect\` | \`runs[]\` of \`recipeRunId workflow version inputKey outputKey status createdAt updatedAt\` |
| \`inspect RUN\` | \`run attempts[]? messages[]? tags? constants? provenance?\` |
| \`demo\` | \`recipeRunId workflow version status createdAt updatedAt input output framesIn framesOut datasetId objectStore products[] tasks[] passed\`, \`scratch\` of \`folder exists\`, \`comparison\` of \`fixedPatternResidual predictedResidual residualRatio temporalNoise noisePull badPixelsFlagged goodPixelsFlagged darkRate trueDarkRate darkRateSigma darkPullSpread\` |
| \`settings\` | \`settings[]\` of \`name value from default description\`, \`drivers[]\` of \`service driver because\` |
| \`fits info\` | \`hdus[]\` of \`index name version type bitpix shape[] compression cards dataSizeBytes\` |
| \`fits header\` | \`hdus[]\` of \`index name cards[]\`; a card has \`keyword value comment\` |
| \`fits verify\` | \`file ok\`, \`problems[]\` and \`warnings[]\` of \`hdu problem\`, \`hdus[]\` of \`index name type datasum checksum\` |
| \`fits stats\` | \`hdus[]\` of \`index name type bitpix shape[] min max mean median rms nan datasum\`: null without pixels; "NaN", "Infinity", "-Infinity" where a number is not finite; min, max and a whole median of 64-bit integers have all their digits, for readers that keep them |
| \`fits table\` | \`hdu name rowCount\`, \`columns[]\` of \`name unit form values[]\`; one value or nested lists for each row |
| \`fits diff\` | \`same differences[]\` |
| \`metadata serve\` | \`url host port records meshConfig\`, printed when it listens |
| \`metadata list\` | \`runs[]\` of \`recipeRunId status inputDatasetId parts[] provenances\`; the status is null before any was set |
| \`metadata show\` | \`driver run inputDataset record\`: the record, of \`status\` and \`provenances[]\`, is null where the store does not show it |
| any, failed | \`error\` of \`code message disposition fields\` |

A task of \`run\`, \`demo\` and \`inspect\` has \`task status attempts startedAt elapsedMs filesRead filesWritten peakMemoryBytes error
blockedBy[]\`; its status is one of \`done unchanged skipped failed blocked interrupted waiting running not-started\`. A run's status is
one of \`running done failed interrupted\`. What it took is told of the last attempt that was done; of a task that failed only
\`elapsedMs\`, of its last one.

Of \`plan\`, \`recipeRunId\` is null where a new run begins, \`runner\` is there while the run is at work, \`removed\` names tasks that the
workflow has no longer, and \`isScratchGone\` is true where the run's scratch was removed. Of \`inspect RUN\`, \`run\` is the document of
\`run\` without \`resumed elapsedMs inputFiles\`, and the others are there where they were asked for. Of \`demo\`, \`comparison\` is null
where the run was not done.`;

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
