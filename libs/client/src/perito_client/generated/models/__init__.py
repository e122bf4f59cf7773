"""Contains all the data models used in inputs/outputs"""

from .accepted import Accepted
from .analyses_page import AnalysesPage
from .analysis_answer import AnalysisAnswer
from .analysis_answer_absent import AnalysisAnswerAbsent
from .analysis_event import AnalysisEvent
from .analysis_event_facts import AnalysisEventFacts
from .analysis_status import AnalysisStatus
from .analyze_request import AnalyzeRequest
from .analyze_request_params import AnalyzeRequestParams
from .audit_entry import AuditEntry
from .audit_entry_details import AuditEntryDetails
from .audit_page import AuditPage
from .batch_answer import BatchAnswer
from .batch_request import BatchRequest
from .batch_result import BatchResult
from .batch_result_problem_type_0 import BatchResultProblemType0
from .before_after import BeforeAfter
from .books import Books
from .books_inventory_type_1 import BooksInventoryType1
from .cancel_request import CancelRequest
from .capped_rule import CappedRule
from .case_changes import CaseChanges
from .case_difference import CaseDifference
from .case_differences import CaseDifferences
from .case_summary import CaseSummary
from .case_summary_identity import CaseSummaryIdentity
from .catalogue import Catalogue
from .catalogue_parameter import CatalogueParameter
from .catalogue_phase import CataloguePhase
from .catalogue_rule import CatalogueRule
from .change import Change
from .check_rule_request import CheckRuleRequest
from .checked_rule import CheckedRule
from .checked_rule_verdict import CheckedRuleVerdict
from .compared_analysis import ComparedAnalysis
from .comparison import Comparison
from .comparison_absent import ComparisonAbsent
from .create_dataset_body import CreateDatasetBody
from .create_rule_request import CreateRuleRequest
from .create_webhook_request import CreateWebhookRequest
from .current_key import CurrentKey
from .dataset import Dataset
from .deliveries import Deliveries
from .delivery import Delivery
from .delivery_attempt import DeliveryAttempt
from .delivery_state import DeliveryState
from .difference import Difference
from .disposition import Disposition
from .disposition_answer import DispositionAnswer
from .disposition_request import DispositionRequest
from .disposition_status import DispositionStatus
from .error_item import ErrorItem
from .event_type import EventType
from .export_report_by_post_response_200 import ExportReportByPostResponse200
from .export_report_response_200 import ExportReportResponse200
from .export_request import ExportRequest
from .failure import Failure
from .failure_details import FailureDetails
from .finding import Finding
from .finding_changes import FindingChanges
from .finding_difference import FindingDifference
from .finding_differences import FindingDifferences
from .finding_identity import FindingIdentity
from .finding_measures import FindingMeasures
from .findings import Findings
from .findings_page import FindingsPage
from .findings_page_absent import FindingsPageAbsent
from .format_ import Format
from .goodbye import Goodbye
from .health import Health
from .health_checks import HealthChecks
from .health_probe import HealthProbe
from .health_status import HealthStatus
from .hints import Hints
from .impact import Impact
from .key import Key
from .key_rates import KeyRates
from .key_request import KeyRequest
from .key_status import KeyStatus
from .keys_page import KeysPage
from .kpi_change import KpiChange
from .language import Language
from .links import Links
from .mapping_proposal import MappingProposal
from .mapping_question import MappingQuestion
from .new_key import NewKey
from .own_rule import OwnRule
from .own_rule_parameters import OwnRuleParameters
from .own_rule_with_text import OwnRuleWithText
from .own_rule_with_text_parameters import OwnRuleWithTextParameters
from .own_rules import OwnRules
from .period import Period
from .phase_state import PhaseState
from .phase_status import PhaseStatus
from .phase_summary import PhaseSummary
from .phase_summary_absent import PhaseSummaryAbsent
from .placed_column import PlacedColumn
from .placed_file import PlacedFile
from .placement_status import PlacementStatus
from .problem import Problem
from .quota import Quota
from .rates_request import RatesRequest
from .registered_dataset import RegisteredDataset
from .rerun_request import RerunRequest
from .rerun_request_params import RerunRequestParams
from .reviewer import Reviewer
from .rotate_request import RotateRequest
from .rotate_secret_request import RotateSecretRequest
from .rotated_key import RotatedKey
from .row import Row
from .rule_change import RuleChange
from .rule_counts import RuleCounts
from .rule_facts import RuleFacts
from .rule_facts_parameters import RuleFactsParameters
from .rule_problem import RuleProblem
from .rule_version import RuleVersion
from .scope_name import ScopeName
from .severity import Severity
from .status import Status
from .storage_quota import StorageQuota
from .stored_file import StoredFile
from .text import Text
from .understanding import Understanding
from .update_key_request import UpdateKeyRequest
from .update_rule_request import UpdateRuleRequest
from .update_webhook_request import UpdateWebhookRequest
from .usage import Usage
from .webhook import Webhook
from .webhook_disabled_reason_type_0 import WebhookDisabledReasonType0
from .webhook_with_secret import WebhookWithSecret
from .webhook_with_secret_disabled_reason_type_0 import WebhookWithSecretDisabledReasonType0
from .webhooks import Webhooks

__all__ = (
    "Accepted",
    "AnalysesPage",
    "AnalysisAnswer",
    "AnalysisAnswerAbsent",
    "AnalysisEvent",
    "AnalysisEventFacts",
    "AnalysisStatus",
    "AnalyzeRequest",
    "AnalyzeRequestParams",
    "AuditEntry",
    "AuditEntryDetails",
    "AuditPage",
    "BatchAnswer",
    "BatchRequest",
    "BatchResult",
    "BatchResultProblemType0",
    "BeforeAfter",
    "Books",
    "BooksInventoryType1",
    "CancelRequest",
    "CappedRule",
    "CaseChanges",
    "CaseDifference",
    "CaseDifferences",
    "CaseSummary",
    "CaseSummaryIdentity",
    "Catalogue",
    "CatalogueParameter",
    "CataloguePhase",
    "CatalogueRule",
    "Change",
    "CheckRuleRequest",
    "CheckedRule",
    "CheckedRuleVerdict",
    "ComparedAnalysis",
    "Comparison",
    "ComparisonAbsent",
    "CreateDatasetBody",
    "CreateRuleRequest",
    "CreateWebhookRequest",
    "CurrentKey",
    "Dataset",
    "Deliveries",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "Difference",
    "Disposition",
    "DispositionAnswer",
    "DispositionRequest",
    "DispositionStatus",
    "ErrorItem",
    "EventType",
    "ExportReportByPostResponse200",
    "ExportReportResponse200",
    "ExportRequest",
    "Failure",
    "FailureDetails",
    "Finding",
    "FindingChanges",
    "FindingDifference",
    "FindingDifferences",
    "FindingIdentity",
    "FindingMeasures",
    "Findings",
    "FindingsPage",
    "FindingsPageAbsent",
    "Format",
    "Goodbye",
    "Health",
    "HealthChecks",
    "HealthProbe",
    "HealthStatus",
    "Hints",
    "Impact",
    "Key",
    "KeyRates",
    "KeyRequest",
    "KeyStatus",
    "KeysPage",
    "KpiChange",
    "Language",
    "Links",
    "MappingProposal",
    "MappingQuestion",
    "NewKey",
    "OwnRule",
    "OwnRuleParameters",
    "OwnRuleWithText",
    "OwnRuleWithTextParameters",
    "OwnRules",
    "Period",
    "PhaseState",
    "PhaseStatus",
    "PhaseSummary",
    "PhaseSummaryAbsent",
    "PlacedColumn",
    "PlacedFile",
    "PlacementStatus",
    "Problem",
    "Quota",
    "RatesRequest",
    "RegisteredDataset",
    "RerunRequest",
    "RerunRequestParams",
    "Reviewer",
    "RotateRequest",
    "RotateSecretRequest",
    "RotatedKey",
    "Row",
    "RuleChange",
    "RuleCounts",
    "RuleFacts",
    "RuleFactsParameters",
    "RuleProblem",
    "RuleVersion",
    "ScopeName",
    "Severity",
    "Status",
    "StorageQuota",
    "StoredFile",
    "Text",
    "Understanding",
    "UpdateKeyRequest",
    "UpdateRuleRequest",
    "UpdateWebhookRequest",
    "Usage",
    "Webhook",
    "WebhookDisabledReasonType0",
    "WebhookWithSecret",
    "WebhookWithSecretDisabledReasonType0",
    "Webhooks",
)
