/** All activities by type. An action's type is its name; `actions/<name>/action.yml` names it and its undo. */
import { checkHostAction } from './actions/checkHost.js';
import { importDatabaseAction, startDatabaseAction } from './actions/database.js';
import { shareSecretsAction, waitForClusterAction } from './actions/health.js';
import { buildImagesAction, preloadImagesAction, publishImagesAction } from './actions/images.js';
import { bootServersAction, deleteClusterAction, deleteServersUndo } from './actions/servers.js';
import { createDiscoveryUrlAction, deleteClusterServicesUndo, startClusterServicesAction } from './actions/services.js';
import { submitUnitsAction } from './actions/submitUnits.js';
import { verifyEndpointsAction } from './actions/verifyEndpoints.js';
import { startWebServersAction } from './actions/webServers.js';
import { awaitClosedActivity } from './awaitClosed.js';
import type { ActivityDependencies } from './dependencies.js';
import { cancelWorkflowActivity, groupPlacesActivity } from './groups.js';
import { loadPlanActivity } from './loadPlan.js';
import { openRunner } from './runner.js';
import { runStepsActivity } from './steps/runSteps.js';
import { undoScriptActivity } from './steps/undoScript.js';
import { destroySubmitted, stopStarted, unitsUndo } from './undoUnits.js';

/** The activities, for `Worker.create({ activities })`. */
export function createActivities(deps: ActivityDependencies) {
  const steps = { queue: deps.hostQueue, openRunner: openRunner(deps), registerUndo: deps.registerUndo, workflowIsOpen: deps.workflowIsOpen };
  return {
    'load-plan': loadPlanActivity(deps.workflowFolders),
    'await-workflow-closed': awaitClosedActivity(deps),
    'group-places': groupPlacesActivity(deps),
    'cancel-workflow': cancelWorkflowActivity(deps),
    'check-host': checkHostAction(deps),
    'build-images': buildImagesAction(deps),
    'publish-images': publishImagesAction(deps),
    'preload-images': preloadImagesAction(deps),
    'start-cluster-services': startClusterServicesAction(deps),
    'delete-cluster-services': deleteClusterServicesUndo(deps),
    'create-discovery-url': createDiscoveryUrlAction(deps),
    'boot-servers': bootServersAction(deps),
    'delete-servers': deleteServersUndo(deps),
    'wait-for-cluster': waitForClusterAction(deps),
    'share-secrets': shareSecretsAction(deps),
    'submit-units': submitUnitsAction(deps),
    'destroy-units': unitsUndo(deps, destroySubmitted),
    'stop-units': unitsUndo(deps, stopStarted),
    'start-database': startDatabaseAction(deps),
    'import-database': importDatabaseAction(deps),
    'start-web-servers': startWebServersAction(deps),
    'verify-endpoints': verifyEndpointsAction(deps),
    'delete-cluster': deleteClusterAction(deps),
    'run-steps': runStepsActivity(steps),
    'undo-script': undoScriptActivity(steps),
  };
}
