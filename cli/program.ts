// The switchroom command line: what there is, with its help. Each command's work is in commands/.
import { Command } from 'commander';
import { addAgentCommands } from './commands/agent.ts';
import { addAsteriskCommands } from './commands/asterisk.ts';
import { addBackupCommands } from './commands/backup.ts';
import { addCallsCommand } from './commands/calls.ts';
import { addCertificateCommands } from './commands/certificate.ts';
import { addChannelCommands } from './commands/channel.ts';
import { addCloudCommands } from './commands/cloud.ts';
import { addDidCommands } from './commands/did.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEgressCommands } from './commands/egress.ts';
import { addFlowCommands } from './commands/flow.ts';
import { addImportCommands } from './commands/import.ts';
import { addMomentCommands } from './commands/moment.ts';
import { addMoveCommands } from './commands/move.ts';
import { addOperateCommands } from './commands/operate.ts';
import { addQueueCommands } from './commands/queue.ts';
import { addReadyCommand } from './commands/ready.ts';
import { addRunCommands } from './commands/run.ts';
import { addTokenCommands } from './commands/token.ts';
import { addTrunkCommands } from './commands/trunk.ts';
import { version } from './version.ts';

export function program(): Command {
  const switchroom = new Command('switchroom')
    .description('A self-hosted contact center: SIP, IVR flows as JSON, one queue for all channels.')
    .version(version)
    .showHelpAfterError('(switchroom --help says what there is)')
    .configureHelp({ sortSubcommands: false });
  addRunCommands(switchroom);
  addDoctorCommand(switchroom);
  addAgentCommands(switchroom);
  addQueueCommands(switchroom);
  addDidCommands(switchroom);
  addChannelCommands(switchroom);
  addImportCommands(switchroom);
  addTrunkCommands(switchroom);
  addFlowCommands(switchroom);
  addMomentCommands(switchroom);
  addTokenCommands(switchroom);
  addCallsCommand(switchroom);
  addCertificateCommands(switchroom);
  addAsteriskCommands(switchroom);
  addEgressCommands(switchroom);
  addCloudCommands(switchroom);
  addOperateCommands(switchroom);
  addBackupCommands(switchroom);
  addMoveCommands(switchroom);
  addReadyCommand(switchroom);
  return switchroom;
}
