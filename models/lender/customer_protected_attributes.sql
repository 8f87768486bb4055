{{ lender_entity('customers') }}
